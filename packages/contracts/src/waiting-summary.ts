import type { WaitingOn } from './waiting.js';
import { WaitKind } from './waiting.js';

/** Kinds that need somebody or something outside, most urgent first. */
const urgency: readonly WaitKind[] = [
  WaitKind.human,
  WaitKind.budget,
  WaitKind.retry,
  WaitKind.rateLimit,
  WaitKind.checks,
  WaitKind.schedule,
  WaitKind.worker,
];

/**
 * What a whole waits for when its parts wait for different things: as long as one part is at work, the whole is at work;
 * otherwise the most urgent wait stands for all. Null when no part says anything.
 */
export function summariseWaiting(parts: readonly WaitingOn[]): WaitingOn | null {
  const working = parts.find((part) => part.kind === WaitKind.work);
  if (working) return working;
  for (const kind of urgency) {
    const first = parts.filter((part) => part.kind === kind).sort((a, b) => (a.since < b.since ? -1 : 1))[0];
    if (first) return first;
  }
  return parts[0] ?? null;
}
