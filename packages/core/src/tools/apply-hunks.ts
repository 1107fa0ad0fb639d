import { mostlyCrlf } from './line-ends.js';
import { cutLine } from './numbered-lines.js';
import type { Hunk } from './patch-text.js';

export type Patched = { ok: true; text: string } | { ok: false; problem: string };

/**
 * Applies the hunks of a patch to a file, in their order. Where a hunk belongs is found by its anchors and by the lines
 * that stay and go; differences in white space at the ends of lines do not matter. A place that is not clear is refused.
 */
export function applyHunks(text: string, hunks: readonly Hunk[]): Patched {
  const lineEnd = mostlyCrlf(text) ? '\r' : '';
  // What stays keeps the end of line that it has.
  const lines = text.split('\n');
  let from = 0;
  for (const [index, hunk] of hunks.entries()) {
    const place = placeOf(lines, hunk, from);
    if (typeof place === 'string') return { ok: false, problem: `change ${index + 1} of ${hunks.length}: ${place}` };
    const found = lines.slice(place, place + hunk.before.length);
    lines.splice(place, hunk.before.length, ...afterwards(hunk, { found, lineEnd }));
    from = place + hunk.after.length;
  }
  return { ok: true, text: lines.join('\n') };
}

/** A text is why there is no place. */
function placeOf(lines: readonly string[], hunk: Hunk, from: number): number | string {
  let start = from;
  for (const anchor of hunk.anchors) {
    const at = lines.findIndex((line, index) => index >= start && line.trim() === anchor);
    const near = at === -1 ? lines.findIndex((line, index) => index >= start && line.includes(anchor)) : at;
    if (near === -1)
      return `the line ${JSON.stringify(anchor)} after @@ is not there${start > 0 ? ' (from the last change on)' : ''}`;
    start = near + 1;
  }
  const isLastLineEmpty = lines.at(-1) === '';
  if (hunk.before.length === 0) return hunk.anchors.length > 0 ? start : endOf(lines, isLastLineEmpty);
  const places = placesOf(lines, hunk, start);
  const [first, ...others] = places;
  if (first === undefined) return `these lines are not there: ${quoted(hunk.before)}`;
  if (others.length > 0 && hunk.anchors.length === 0)
    return `its lines are at ${places.length} places (lines ${places
      .slice(0, 10)
      .map((place) => place + 1)
      .join(', ')}): take in more of the lines around it, or name a line above it after @@`;
  return first;
}

const endOf = (lines: readonly string[], isLastLineEmpty: boolean): number => lines.length - (isLastLineEmpty ? 1 : 0);

function placesOf(lines: readonly string[], { before, atEnd }: Hunk, start: number): number[] {
  for (const simplify of [(line: string) => line, (line: string) => line.trimEnd()]) {
    const wanted = before.map(simplify);
    const places: number[] = [];
    for (let place = start; place + wanted.length <= lines.length; place++) {
      if (wanted.every((line, index) => simplify(lines[place + index] ?? '') === line)) places.push(place);
    }
    const found = atEnd ? places.filter((place) => reachesEnd(lines, place + wanted.length)) : places;
    if (found.length > 0) return found;
  }
  return [];
}

const reachesEnd = (lines: readonly string[], end: number): boolean => end >= endOf(lines, lines.at(-1) === '');

/** The lines in its place: those that stay as the file has them, the new ones with its end of line. */
function afterwards(
  { before, after }: Hunk,
  { found, lineEnd }: { found: readonly string[]; lineEnd: string },
): string[] {
  const kept = new Map(before.map((line, index) => [line, found[index] ?? line]));
  return after.map((line) => kept.get(line) ?? line + lineEnd);
}

const longestQuoted = 120;

function quoted(lines: readonly string[]): string {
  const shown = lines.slice(0, 6).map((line) => JSON.stringify(cutLine(line, longestQuoted)));
  return (
    shown.join(', ') + (lines.length > 6 ? ', …' : '') + '. Read the file again: it may have changed since you saw it'
  );
}
