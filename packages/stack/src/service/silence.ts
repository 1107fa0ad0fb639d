import { setTimeout as sleep } from 'node:timers/promises';

export interface SilenceLimits {
  /** Between one question and the next, in ms. */
  everyMs: number;
  /** One answer may take this long, in ms: a busy machine is slow, not silent. */
  answerWithinMs: number;
  /** A server that gave no answer at all for so long, in ms, is taken to hang. */
  silentMs: number;
}

/** Three questions in a row at the least, each of them answered by nobody. */
export const silenceLimits: SilenceLimits = { everyMs: 5_000, answerWithinMs: 5_000, silentMs: 30_000 };

/**
 * Asks a server again and again, until it has given no answer for too long. A single answer, whatever it says, ends a
 * silence. So does a break in our own time: a machine that slept, or we ourselves that were held up, says nothing about
 * the server.
 * @returns how long it was silent, in ms; null when `signal` was aborted before
 */
export async function untilSilent(
  answers: () => Promise<boolean>,
  { everyMs, answerWithinMs, silentMs }: SilenceLimits,
  signal: AbortSignal,
): Promise<number | null> {
  for (let silent = 0; ;) {
    const askedAt = performance.now();
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return null;
    const answered = await Promise.race([answers().catch(() => false), noAnswer(answerWithinMs)]);
    if (signal.aborted) return null;
    const took = performance.now() - askedAt;
    const heldUp = took > 2 * (everyMs + answerWithinMs);
    silent = answered || heldUp ? 0 : silent + took;
    if (silent >= silentMs) return Math.round(silent);
  }
}

function noAnswer(afterMs: number): Promise<false> {
  return sleep(afterMs, false, { ref: false });
}
