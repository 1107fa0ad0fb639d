import { basename } from 'node:path';

const maxShown = 3;

/** The paths whose file name is most like that of `wanted`, best first, at most three. */
export function similarPaths(wanted: string, paths: readonly string[]): string[] {
  return paths
    .map((path) => ({ path, distance: nameDistance(basename(wanted), basename(path)) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance || sharedEnd(wanted, b.path) - sharedEnd(wanted, a.path))
    .slice(0, maxShown)
    .map(({ path }) => path);
}

function nameDistance(wanted: string, name: string): number {
  if (wanted === name) return 0;
  const [a, b] = [wanted.toLowerCase(), name.toLowerCase()];
  if (a === b || stem(a) === stem(b)) return 1;
  return Math.abs(a.length - b.length) > 2 || Math.min(a.length, b.length) < 4 ? Infinity : editDistance(a, b);
}

const stem = (name: string): string => name.replace(/(.)\.[^.]*$/, '$1');

function sharedEnd(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}

/** Insertions, deletions and replacements between two texts (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 0; column < b.length; column++) {
      const replaced = (previous[column] ?? 0) + (b[column] === letter ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
