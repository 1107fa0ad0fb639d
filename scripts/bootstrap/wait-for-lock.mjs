import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock } from '../../packages/stack/src/processes/process-lock.mjs';

const pollMs = 250;

/**
 * Takes a lock, waiting for whoever has it. A holder that was killed does not count.
 * @param {string} directory
 * @param {{ onWait: (holder: import('../../packages/stack/src/processes/process-lock.mjs').LockHolder) => void, signal?: AbortSignal | undefined }} options `onWait` is called once for each new holder
 * @returns {Promise<{ release: () => void }>}
 */
export async function waitForLock(directory, { onWait, signal }) {
  for (let toldAbout = 0; ;) {
    const attempt = await acquireLock(directory);
    if (attempt.acquired) return attempt;
    if (attempt.holder.pid !== toldAbout) onWait(attempt.holder);
    toldAbout = attempt.holder.pid;
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
}
