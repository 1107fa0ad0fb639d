import type { Span } from './span.js';

const encoded = '[A-Za-z0-9+/_-]';
const shortestLine = 40;
/** `base64` breaks lines after 76 characters, `openssl` and PEM after 64. */
const longestLine = 128;
/** What may stand before or behind it besides: the number of a line, a quote, a name, a colour. */
const longestShown = longestLine + 80;
const anyLine = new RegExp(`${encoded}{${shortestLine}}`);
const mayEndLine = /[A-Za-z0-9+/_=\s-]/;
const colour = '\\u001b\\[[\\d;]*[mK]';
const lineNumber = '^[ \\t]*\\d+\\t';
const run = `(?:${lineNumber}|${colour}|(?<!${encoded}))(${encoded}{1,${longestLine}}={0,2})`;
const firstRun = new RegExp(run);
const lastRun = new RegExp(`${run}(?:${colour})*\\s*$`);

/**
 * What `find` finds in a text, also where it stands on several lines of an encoded block: there it is looked for in the block
 * without its line ends, and without what tools show before each line.
 */
export function findWrapped(text: string, find: (text: string) => Span[]): Span[] {
  const found = find(text);
  if (!anyLine.test(text)) return found;
  const lines = [...linesOf(text)].map((line) => ({ ...line, last: lastIn(text, line) }));
  // `+` is a character of base64, and what a patch writes before a line.
  const unsigned = lines.map((line) => ({ ...line, last: withoutSign(text, line.last) }));
  const blocks = [...blocksOf(text, lines), ...blocksOf(text, unsigned)];
  return [...found, ...blocks.flatMap((block) => findInBlock(text, block, find))];
}

interface Part {
  start: number;
  end: number;
}

interface Line extends Part {
  /** What of it may be encoded and goes on to its end. */
  last: Part | null;
}

function* linesOf(text: string): Generator<Part> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield { start, end };
    start = end + 1;
  }
}

function lastIn(text: string, { start, end }: Part): Part | null {
  // Most lines of code end otherwise.
  if (!mayEndLine.test(text.charAt(end - 1))) return null;
  return partIn(text, { start: Math.max(start, end - longestShown), end }, lastRun);
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

function withoutSign(text: string, part: Part | null): Part | null {
  if (!part || !/[+-]/.test(text.charAt(part.start))) return part;
  const isAtStart = part.start === 0 || text[part.start - 1] === '\n';
  return isAtStart ? { ...part, start: part.start + 1 } : part;
}

const lengthOf = ({ start, end }: Part): number => end - start;

/** Runs of lines that are as long as each other, with what stands on the line after them. */
function blocksOf(text: string, lines: readonly Line[]): Part[][] {
  const blocks: Part[][] = [];
  let block: Part[] = [];
  for (const line of lines) {
    const { last } = line;
    const [first] = block;
    if (last && first && lengthOf(last) === lengthOf(first)) {
      block.push(last);
    } else {
      if (first) blocks.push([...block, ...restIn(text, line, lengthOf(first))]);
      block = last && lengthOf(last) >= shortestLine ? [last] : [];
    }
  }
  blocks.push(block);
  return blocks.filter((parts) => parts.length > 1);
}

/** The last line of a block is shorter, or something stands behind it. */
function restIn(text: string, line: Line, longest: number): Part[] {
  const part = firstIn(text, line);
  const rest = part && line.last?.start === part.start + 1 ? line.last : part;
  return rest ? [{ start: rest.start, end: Math.min(rest.end, rest.start + longest) }] : [];
}

function findInBlock(text: string, parts: readonly Part[], find: (text: string) => Span[]): Span[] {
  const joined = parts.map(({ start, end }) => text.slice(start, end)).join('');
  const length = parts[0] ? lengthOf(parts[0]) : 1;
  /** Where a character of the joined text stands. */
  const placeOf = (at: number): number => (parts[Math.floor(at / length)]?.start ?? 0) + (at % length);
  return find(joined).map(({ start, end, name }) => ({ start: placeOf(start), end: placeOf(end - 1) + 1, name }));
}
