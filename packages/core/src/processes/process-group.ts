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

/** False when there is no such group, or none of it is ours to signal. */
function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leaderPid, signal);
  } catch {
    return false;
  }
}
