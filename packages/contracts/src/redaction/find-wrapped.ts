import { colour } from './colour.js';
import type { Span } from './span.js';

const encoded = '[A-Za-z0-9+/_-]';
const shortestLine = 40;
/** `base64` breaks lines after 76 characters, `openssl` and PEM after 64; a patch has a sign before each. */
const longestLine = 129;
/** What may stand before or behind it besides: the number of a line, a quote, a name, a colour. */
const longestShown = longestLine + 80;
const mayEndLine = /[A-Za-z0-9+/_=\s-]/;
const lineNumber = '^[ \\t]*\\d+\\t';
const run = `(?:${lineNumber}|${colour}|(?<!${encoded}))(${encoded}{1,${longestLine}}={0,2})`;
const firstRun = new RegExp(run);
const signAtStart = new RegExp(`^(?:${colour})*[+-]$`);
const signed = new RegExp(`^(?:${colour})*[+-]${encoded}`, 'm');
const lastRun = new RegExp(`${run}(?:${colour})*\\s*$`);

/**
 * What `find` finds in a text, also where it stands on several lines of an encoded block: there it is looked for in the block
 * without its line ends, and without what tools show before each line.
 */
export function findWrapped(text: string, find: (text: string) => Span[]): Span[] {
  if (!hasLongRun(text)) return find(text);
  // `+` is a character of base64, and what a patch writes before a line.
  const readings = signed.test(text) ? [lastIn, lastWithoutSign] : [lastIn];
  const blocks = readings.flatMap((readLine) => [...blocksOf(text, readLine)]);
  return [find(text), ...blocks.map((block) => findInBlock(text, block, find))].flat();
}

const isEncoded = new RegExp(encoded);
const encodedCodes = Uint8Array.from({ length: 128 }, (_, code) => (isEncoded.test(String.fromCharCode(code)) ? 1 : 0));

/** Whether a line of a block may be in it. Looks at few characters of most texts: where a run can end at the soonest, and back from there. */
function hasLongRun(text: string): boolean {
  for (let end = shortestLine - 1; end < text.length;) {
    let before = end;
    while (end - before < shortestLine && encodedCodes[text.charCodeAt(before)] === 1) before -= 1;
    if (end - before >= shortestLine) return true;
    end = before + shortestLine;
  }
  return false;
}

interface Part {
  start: number;
  end: number;
}

const lengthOf = ({ start, end }: Part): number => end - start;

/** Runs of lines that are as long as each other, with what may be the shorter one after them. */
function* blocksOf(text: string, readLine: typeof lastIn): Generator<Part[]> {
  let block: Part[] = [];
  for (let start = 0; start <= text.length;) {
    const line = lineAt(text, start);
    const [first] = block;
    if (first || lengthOf(line) >= shortestLine) {
      const last = readLine(text, line);
      if (first && last && lengthOf(last) === lengthOf(first)) {
        block.push(last);
      } else {
        yield* withRest(block, [last, firstIn(text, line)]);
        block = last && lengthOf(last) >= shortestLine ? [last] : [];
      }
    }
    start = line.end + 1;
  }
  if (block.length > 1) yield block;
}

function lineAt(text: string, start: number): Part {
  const newline = text.indexOf('\n', start);
  return { start, end: newline < 0 ? text.length : newline };
}

/** The last line of a block is shorter, or something stands before or behind it: with each of what it may be. */
function* withRest(block: Part[], [last, start]: readonly [Part | null, Part | null]): Generator<Part[]> {
  const [first] = block;
  if (!first) return;
  const rests = [last, start?.start === last?.start ? null : start].filter((rest) => rest !== null);
  for (const rest of rests) yield [...block, { ...rest, end: Math.min(rest.end, rest.start + lengthOf(first)) }];
  if (rests.length === 0 && block.length > 1) yield block;
}

/** What of a line may be encoded and goes on to its end. */
function lastIn(text: string, { start, end }: Part): Part | null {
  // Most lines of code end otherwise.
  if (!mayEndLine.test(text.charAt(end - 1))) return null;
  return partIn(text, { start: Math.max(start, end - longestShown), end }, lastRun);
}

function lastWithoutSign(text: string, line: Part): Part | null {
  const part = lastIn(text, line);
  const isSigned = part !== null && signAtStart.test(text.slice(line.start, part.start + 1));
  return isSigned ? { ...part, start: part.start + 1 } : part;
}

/** What of a line may be encoded and stands at its beginning. */
function firstIn(text: string, { start, end }: Part): Part | null {
  return partIn(text, { start, end: Math.min(end, start + longestShown) }, firstRun);
}

function partIn(text: string, { start: from, end: to }: Part, pattern: RegExp): Part | null {
  const match = pattern.exec(text.slice(from, to));
  if (!match) return null;
  const { 0: whole, 1: part = '', index } = match;
  const start = from + index + whole.indexOf(part);
  return { start, end: start + part.length };
}

function findInBlock(text: string, parts: readonly Part[], find: (text: string) => Span[]): Span[] {
  const joined = parts.map(({ start, end }) => text.slice(start, end)).join('');
  const length = parts[0] ? lengthOf(parts[0]) : 1;
  /** Where a character of the joined text stands. */
  const placeOf = (at: number): number => (parts[Math.floor(at / length)]?.start ?? 0) + (at % length);
  return find(joined).map(({ start, end, name }) => ({ start: placeOf(start), end: placeOf(end - 1) + 1, name }));
}
