import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 15;

/**
 * Ends every process of a group: TERM, then KILL for what is left after `graceMs`. Returns once the group is gone or was
 * killed. A group that does not exist is left in peace.
 * @param leaderPid - pid of the process that was started detached, which is also the id of its group
 */
export async function endProcessGroup(leaderPid: number, graceMs: number): Promise<void> {
  if (!signalGroup(leaderPid, 'SIGTERM')) return;
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    await sleep(pollMs);
    if (!signalGroup(leaderPid, 0)) return;
  }
  signalGroup(leaderPid, 'SIGKILL');
}

/**
 * Ends everything in a sandbox: TERM to the group of the command, then KILL to the first process inside after `graceMs`,
 * with which the kernel ends all the others, wherever they have gone. Returns once that process is no more.
 * @param outerPid - bubblewrap itself, the leader of the group outside
 * @param leader - the first process inside, by its number outside; null when there never was one
 */
export async function endSandbox(outerPid: number, leader: number | null, graceMs: number): Promise<void> {
  if (leader === null) return endProcessGroup(outerPid, graceMs);
  if (signalGroup(leader, 'SIGTERM')) await goneWithin(graceMs, () => !signalGroup(outerPid, 0));
  signalGroup(outerPid, 'SIGKILL');
  signalGroup(leader, 'SIGKILL');
  await goneWithin(lastBreathMs, () => !isAlive(leader));
}

/** The kernel needs a moment to end what is in a sandbox. */
const lastBreathMs = 2_000;

/** Most are gone at once or a moment later: the pauses begin short. */
async function goneWithin(patienceMs: number, isGone: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = 1; !isGone() && performance.now() < deadline; pauseMs = Math.min(pauseMs * 2, pollMs)) {
    await sleep(pauseMs);
  }
}

/** False too for one that has ended and waits for its end to be noticed: nothing of it runs any more. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** False when there is no such group, or none of it is ours to signal. */
function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leaderPid, signal);
  } catch {
    return false;
  }
}
