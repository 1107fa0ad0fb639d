import { splitLines } from './read.tool.js';

const maxShownLines = 30;

/** Why an exact text was probably not found: one or more sentences, with what the file has instead. */
export function explainMiss(text: string, wanted: string): string {
  const lines = splitLines(text);
  const wantedLines = splitLines(wanted);
  if (wantedLines.length > 0 && wantedLines.every((line) => /^\s*\d+\t/.test(line))) {
    return 'old_string begins its lines with the line numbers that read shows: leave out each number and the tab after it.';
  }
  const spaced = findLines(lines, wantedLines, squeeze);
  if (spaced !== -1)
    return `Lines ${extent(spaced, wantedLines)} differ from it only in white space. They are:\n${quote(lines, spaced, wantedLines.length)}`;
  const cased = findLines(lines, wantedLines, (line) => squeeze(line).toLowerCase());
  if (cased !== -1)
    return `Lines ${extent(cased, wantedLines)} differ from it in upper and lower case. They are:\n${quote(lines, cased, wantedLines.length)}`;
  return explainFirstLine(lines, wantedLines);
}

function explainFirstLine(lines: readonly string[], wanted: readonly string[]): string {
  const first = wanted.findIndex((line) => squeeze(line).length > 2);
  const at = lines.findIndex((line) => squeeze(line) === squeeze(wanted[first] ?? ''));
  if (first === -1 || at === -1)
    return 'Nothing like it is there: read the file again, it may have changed since you saw it.';
  const start = Math.max(0, at - first);
  return `Its line ${JSON.stringify(squeeze(wanted[first] ?? ''))} is at line ${at + 1}, but what is around it differs. There it says:\n${quote(lines, start, wanted.length)}`;
}

const squeeze = (line: string): string => line.trim().replace(/\s+/g, ' ');

/** Index of the first of the lines that equal `wanted` once both were simplified, or -1. */
function findLines(lines: readonly string[], wanted: readonly string[], simplify: (line: string) => string): number {
  const [have, want] = [lines.map(simplify), wanted.map(simplify)];
  if (want.every((line) => line === '')) return -1;
  return have.findIndex((_, start) => want.every((line, index) => have[start + index] === line));
}

const extent = (start: number, wanted: readonly string[]): string =>
  wanted.length === 1 ? String(start + 1) : `${start + 1} to ${start + wanted.length}`;

/** Exactly as they are, between fences, so that they can be copied. */
function quote(lines: readonly string[], start: number, count: number): string {
  const shown = lines.slice(start, start + Math.min(count, maxShownLines));
  return ['```', ...shown, ...(count > maxShownLines ? ['[...]'] : []), '```'].join('\n');
}
