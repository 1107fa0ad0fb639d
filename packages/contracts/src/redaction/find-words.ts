import type { KnownSecret } from './secret-forms.js';
import type { Span } from './span.js';

/** `-` is none outside a class: escaped, a pattern that is read as Unicode is not taken. */
const special = /[.*+?^${}()|[\]\\/]/g;

/** Finds short secrets where they stand alone. */
export function createWordFinder(secrets: readonly KnownSecret[]): (text: string) => Span[] {
  if (secrets.length === 0) return () => [];
  const names = new Map(secrets.map(({ name, value }) => [value, name]));
  const longestFirst = [...names.keys()].sort((one, other) => other.length - one.length);
  const words = longestFirst.map((value) => value.replace(special, '\\$&')).join('|');
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${words})(?![\\p{L}\\p{N}_])`, 'gu');
  return (text) =>
    [...text.matchAll(pattern)].map(({ 0: value, index: start }) => {
      return { start, end: start + value.length, name: names.get(value) ?? '' };
    });
}
