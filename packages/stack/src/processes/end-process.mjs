import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess } from './process-identity.mjs';

/**
 * @typedef {{ pid: number, identity: string }} KnownProcess
 * @typedef {readonly (readonly [signal: NodeJS.Signals, waitMs: number])[]} EndingSteps
 */

/** How each server is asked to end, politely first. For Postgres SIGINT is "fast", SIGQUIT "immediate" (pg_ctl(1)). A
 * service of ours puts its work down first.
 * @type {{ postgres: EndingSteps, temporal: EndingSteps, service: EndingSteps }} */
export const endings = {
  service: [
    ['SIGTERM', 15_000],
    ['SIGKILL', 5_000],
  ],
  temporal: [
    ['SIGTERM', 10_000],
    ['SIGKILL', 5_000],
  ],
  postgres: [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ],
};

/**
 * Ends a process and waits until it is gone. Its identity is checked before every signal, so a pid that meanwhile belongs
 * to someone else is never hit.
 * @param {KnownProcess} known
 * @param {EndingSteps} steps
 * @returns {Promise<boolean>} false when it outlived every step
 */
export async function endProcess({ pid, identity }, steps) {
  for (const [signal, waitMs] of steps) {
    if (!isSameProcess(pid, identity)) return true;
    try {
      process.kill(pid, signal);
    } catch {
      // Gone between the check and the signal, or not ours to signal: the next check tells which.
    }
    for (const until = Date.now() + waitMs; Date.now() < until;) {
      await sleep(20);
      if (!isSameProcess(pid, identity)) return true;
    }
  }
  return !isSameProcess(pid, identity);
}
