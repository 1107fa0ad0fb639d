import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import type { DataDirectory } from '../data-directory.js';
import { endings, type EndingSteps, endProcess, type KnownProcess } from './end-process.mjs';
import type { StackHolder } from '../stack-holder.js';
import { partNames, type StackStep } from '../stack.js';
import { serversOn } from './find-servers.js';
import { isSameProcess } from './process-identity.mjs';

/** Children of a dead postmaster end by themselves within moments; one that is stuck may be killed, as recovery follows. */
const strayPostgres: EndingSteps = [
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

/**
 * Ends the servers that a holder which is gone has left running on the data directory: two servers on one directory would
 * destroy it. Only for the holder of the lock.
 * @returns one sentence for each thing that was done
 * @throws DomainError `conflict` when a server cannot be ended
 */
export async function endOrphans(directory: DataDirectory, part: 'postgres' | 'temporal'): Promise<string[]> {
  const done: string[] = [];
  const { postgres, temporal } = serversOn(directory);
  if (part === 'temporal') {
    for (const orphan of temporal) done.push(await end('Temporal', orphan, endings.temporal));
    return done;
  }
  const postmasterPid = readPostmasterPid(directory.cluster);
  const postmaster = postgres.find(({ pid }) => pid === postmasterPid);
  if (postmaster !== undefined) done.push(await end('Postgres', postmaster, endings.postgres));
  for (const stray of serversOn(directory).postgres) done.push(await end('Postgres', stray, strayPostgres));
  return done;
}

/**
 * Ends the worker and the API that a holder which is gone has left running: they are told to end by its end, and may take
 * their time, but a worker holds its work directory as long. Only for the holder of the lock.
 * @throws DomainError `conflict` when one cannot be ended
 */
export async function endLeftServices(holder: StackHolder, onProgress: (step: StackStep) => void): Promise<void> {
  // As in a stop in order: nothing may work on what is gone.
  for (const part of ['worker', 'api'] as const) {
    const left = holder.processes[part];
    if (left === undefined) continue;
    if (isSameProcess(left.pid, left.identity))
      onProgress({ part, state: 'recovered', detail: await end(partNames[part], left, endings.service) });
    await holder.recordProcess(part, null);
  }
}

/**
 * The pid in a left-over postmaster.pid may meanwhile be someone else's, or that of a dead postmaster whom its new parent
 * has not buried (many a container's first process never does), and Postgres would refuse to start next to either.
 * @returns true when the file is such a left-over. It must stay in all other cases: Postgres finds the shared memory of
 * its predecessor through it
 */
export function postmasterFileMisleads(directory: DataDirectory): boolean {
  const pid = readPostmasterPid(directory.cluster);
  if (pid === null || !isTaken(pid)) return false;
  return !serversOn(directory).postgres.some((known) => known.pid === pid);
}

async function end(name: string, orphan: KnownProcess, steps: EndingSteps): Promise<string> {
  if (await endProcess(orphan, steps))
    return `ended the ${name} (process ${orphan.pid}) that an earlier stack left running`;
  throw new DomainError(
    'conflict',
    `${name} (process ${orphan.pid}), left by an earlier stack, still uses the data directory and cannot be ended. End it (\`kill -9 ${orphan.pid}\`) and try again.`,
    { pid: orphan.pid },
  );
}

/** Postgres asks the same way: a zombie counts. */
function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readPostmasterPid(cluster: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10);
    return Number.isNaN(pid) ? null : pid;
  } catch {
    return null;
  }
}
