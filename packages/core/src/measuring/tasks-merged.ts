import { measureFailed } from './measure-failure.js';

/**
 * Tasks whose work was merged, in percent of those planned; not rounded.
 * @throws DomainError `measure_failed` when nothing was planned, or the counts cannot be
 */
export function tasksMerged({ merged, planned }: { merged: number; planned: number }): number {
  const counts = [merged, planned].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!counts || planned === 0 || merged > planned) {
    throw measureFailed(`${merged} of ${planned} tasks merged cannot be told in percent`, { merged, planned });
  }
  return (100 * merged) / planned;
}
