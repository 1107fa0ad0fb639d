const opening = '[redacted: ';
const mark = /\[redacted: ([^[\]\n]{1,80})\]/g;

/** What stands where a secret stood: `[redacted: NAME]`. */
export function redactionMark(name: string): string {
  return `${opening}${name}]`;
}

/** The marks in a text. */
export function redactionMarksIn(text: string): string[] {
  return text.includes(opening) ? [...text.matchAll(mark)].map(([found]) => found) : [];
}

/**
 * Where marks begin and end: a text that was redacted before must come out as it went in.
 * @param names that we put into marks; what else is written as a mark is a text like any other
 */
export function placesOfMarks(text: string, names: ReadonlySet<string>): [start: number, end: number][] {
  if (!text.includes(opening)) return [];
  return [...text.matchAll(mark)].flatMap(({ 0: found, 1: name = '', index }) =>
    names.has(name) ? [[index, index + found.length]] : [],
  );
}
