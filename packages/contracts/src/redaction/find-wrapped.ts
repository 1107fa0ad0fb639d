import type { Span } from './span.js';

/** `base64` breaks lines after 76 characters, `openssl` and PEM after 64. */
const shortestLine = 60;
const longestLine = 128;
const anyLine = /^[A-Za-z0-9+/_-]{60,128}\r?$/m;
const encoded = /^[A-Za-z0-9+/_-]+$/;
const startOfEncoded = /^[A-Za-z0-9+/_=-]+/;

/**
 * What `find` finds in a text, also where it stands on several lines of an encoded block: there it is looked for in the block
 * without its line ends.
 */
export function findWrapped(text: string, find: (text: string) => Span[]): Span[] {
  const found = find(text);
  if (!anyLine.test(text)) return found;
  return [...found, ...blocksOf(text).flatMap((lines) => findInBlock(text, lines, find))];
}

interface Line {
  start: number;
  end: number;
}

/** Runs of lines that are as long as each other, with what stands on the line after them. */
function blocksOf(text: string): Line[][] {
  const blocks: Line[][] = [];
  let block: Line[] = [];
  for (const line of linesOf(text)) {
    const isWhole = isEncoded(text, line);
    const [first] = block;
    if (isWhole && (first === undefined || lengthOf(line) === lengthOf(first))) {
      block.push(line);
    } else {
      if (first !== undefined) blocks.push([...block, encodedStart(text, line, lengthOf(first))]);
      block = isWhole ? [line] : [];
    }
  }
  return block.length > 1 ? [...blocks, block] : blocks;
}

function* linesOf(text: string): Generator<Line> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield { start, end: text[end - 1] === '\r' ? end - 1 : end };
    start = end + 1;
  }
}

const lengthOf = ({ start, end }: Line): number => end - start;

function isEncoded(text: string, line: Line): boolean {
  const length = lengthOf(line);
  return length >= shortestLine && length <= longestLine && encoded.test(text.slice(line.start, line.end));
}

/** The last line of a block is shorter, or something stands behind it. */
function encodedStart(text: string, { start, end }: Line, longest: number): Line {
  const length = startOfEncoded.exec(text.slice(start, Math.min(end, start + longest)))?.[0].length ?? 0;
  return { start, end: start + length };
}

function findInBlock(text: string, lines: readonly Line[], find: (text: string) => Span[]): Span[] {
  const joined = lines.map(({ start, end }) => text.slice(start, end)).join('');
  const length = lines[0] ? lengthOf(lines[0]) : 1;
  /** Where a character of the joined text stands. */
  const placeOf = (at: number): number => (lines[Math.floor(at / length)]?.start ?? 0) + (at % length);
  return find(joined).map(({ start, end, name }) => ({ start: placeOf(start), end: placeOf(end - 1) + 1, name }));
}
