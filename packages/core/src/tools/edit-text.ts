import { mostlyCrlf } from './line-ends.js';

export interface Edit {
  oldString: string;
  newString: string;
  replaceAll: boolean;
}

export type EditResult =
  | { kind: 'edited'; text: string; lines: number[] }
  | { kind: 'missing' }
  /** More than one place, and not all were asked for. */
  | { kind: 'several'; lines: number[] };

/** Replaces exactly what is given, in the line ends of the text: models write `\n` for a file that has `\r\n`. */
export function editText(text: string, edit: Edit): EditResult {
  const { oldString, newString } = inLineEndsOf(text, edit);
  const places = occurrences(text, oldString);
  const lines = places.map((place) => lineAt(text, place));
  if (places.length === 0) return { kind: 'missing' };
  if (edit.replaceAll) return { kind: 'edited', text: text.split(oldString).join(newString), lines };
  const [place = 0, ...others] = places;
  if (others.length > 0) return { kind: 'several', lines };
  return { kind: 'edited', text: text.slice(0, place) + newString + text.slice(place + oldString.length), lines };
}

/**
 * Whether an edit whose first attempt was lost has been made, told from the text alone. `unclear` when the text could be
 * both: what was to be replaced is there, but everywhere within or across what was to replace it. Doing it then could do
 * it twice.
 */
export function judgeRetry(text: string, edit: Edit): 'apply' | 'applied' | 'unclear' {
  const { oldString, newString } = inLineEndsOf(text, edit);
  const left = occurrences(text, oldString);
  // A deletion leaves nothing to be found; joining its two sides may even have made the old text anew.
  if (newString === '') return left.length === 0 ? 'applied' : 'unclear';
  const made = occurrences(text, newString);
  if (left.length === 0) return made.length > 0 ? 'applied' : 'apply';
  const overlapsMade = (place: number): boolean =>
    made.some((other) => other < place + oldString.length && place < other + newString.length);
  return left.every(overlapsMade) ? 'unclear' : 'apply';
}

function inLineEndsOf(text: string, { oldString, newString }: Edit): Pick<Edit, 'oldString' | 'newString'> {
  const variants = [oldString, oldString.replaceAll('\r\n', '\n'), withCrlf(oldString)];
  const found = variants.find((variant) => text.includes(variant)) ?? oldString;
  return { oldString: found, newString: mostlyCrlf(text) ? withCrlf(newString) : newString };
}

const withCrlf = (text: string): string => text.replace(/\r?\n/g, '\r\n');

/** Where it begins, also where two overlap: then it is not one place either. */
function occurrences(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}

function lineAt(text: string, place: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < place; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
