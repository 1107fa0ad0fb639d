import type { Span } from './span.js';

export interface Literal {
  text: string;
  name: string;
}

const tableSize = 1 << 16;
const hash = (first: number, second: number): number => (first * 257 + second) & (tableSize - 1);

/**
 * Finds any of many literals in one pass over a text, by the algorithm of Wu and Manber ("A fast algorithm for
 * multi-pattern searching", 1994): two characters at a time, most of which no literal has, so that it can skip ahead.
 * Its time hardly depends on how many there are. Each has at least two characters.
 */
export function createLiteralFinder(literals: readonly Literal[]): (text: string) => Span[] {
  if (literals.length === 0) return () => [];
  const window = literals.reduce((least, { text }) => Math.min(least, text.length), Infinity);
  const shifts = new Uint16Array(tableSize).fill(window - 1);
  // Of a long one alone not all of it is compared at each place.
  const compared = Math.min(window, 16);
  const beginning = new Map<string, Literal[]>();
  for (const literal of [...literals].sort((one, other) => other.text.length - one.text.length)) {
    const begin = literal.text.slice(0, compared);
    const alike = beginning.get(begin);
    if (alike) alike.push(literal);
    else beginning.set(begin, [literal]);
    for (let at = 1; at < window; at++) {
      const block = hash(literal.text.charCodeAt(at - 1), literal.text.charCodeAt(at));
      shifts[block] = Math.min(shifts[block] ?? 0, window - 1 - at);
    }
  }
  return (text) => {
    const found: Span[] = [];
    for (let at = window - 1; at < text.length;) {
      const block = hash(text.charCodeAt(at - 1), text.charCodeAt(at));
      const shift = shifts[block] ?? 0;
      const start = at - window + 1;
      if (shift === 0) addMatch(found, beginning.get(text.slice(start, start + compared)) ?? [], { text, start });
      at += shift || 1;
    }
    return found;
  };
}

/** The longest one that begins there. What it overlaps with is one with it, or a text of one letter would have as many as letters. */
function addMatch(found: Span[], candidates: readonly Literal[], place: { text: string; start: number }): void {
  const { text, start } = place;
  const match = candidates.find((literal) => text.startsWith(literal.text, start));
  if (!match) return;
  const end = start + match.text.length;
  const last = found.at(-1);
  if (last && start < last.end) last.end = Math.max(last.end, end);
  else found.push({ start, end, name: match.name });
}
