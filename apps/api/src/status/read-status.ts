import { isAlive, WaitKind } from '@fermata/contracts';
import type { RequestContext } from '../common/caller.js';
import type { Status } from './status.model.js';

/** What is going on. Nothing is at work when no worker is alive, whatever the rows say. */
export async function readStatus({ read, load }: RequestContext): Promise<Status> {
  const [status, rows, modelCircuits] = await Promise.all([
    read.status.status(),
    load.hosts(),
    read.modelHealth.unwell(),
  ]);
  const hosts = rows.map((row) => ({ ...row, alive: isAlive(row) }));
  const lost = !hosts.some(({ alive }) => alive);
  const waiting = status.waiting.map((each) =>
    lost && each.kind === WaitKind.work ? { ...each, kind: WaitKind.worker } : each,
  );
  return { ...status, hosts, modelCircuits, waiting };
}
