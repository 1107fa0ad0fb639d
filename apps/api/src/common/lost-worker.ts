import { type HostStanding, isAlive, type WaitingOn, WaitKind } from '@fermata/contracts';

/** On which host an item is worked for; null when any can do it. */
export interface WorkedFor {
  host: string | null;
}

/**
 * Law 6: rows say "at work" until somebody writes something else, and a worker that hangs or is gone writes nothing. So what
 * is at work is believed only while the worker that has it gives signs of life. `hosts`: the one heard of last first.
 */
export function believed(
  waiting: WaitingOn | null,
  { host }: WorkedFor,
  hosts: readonly HostStanding[],
): WaitingOn | null {
  if (waiting?.kind !== WaitKind.work) return waiting;
  const able = host === null ? hosts : hosts.filter(({ id }) => id === host);
  if (able.some(isAlive)) return waiting;
  const [last] = able;
  return {
    kind: WaitKind.worker,
    since: last ? (last.stoppedAt ?? last.lastSeenAt).toISOString() : waiting.since,
    detail: `${whatBecameOf(last)} It was at work: ${waiting.detail}`,
    releasableBy: ['operator'],
  };
}

function whatBecameOf(host: HostStanding | undefined): string {
  if (host === undefined) return 'Its worker has not been heard of.';
  const worker = `Its worker (${host.name}, host ${host.id})`;
  return host.stoppedAt === null ? `${worker} has not been heard of since.` : `${worker} was stopped.`;
}
