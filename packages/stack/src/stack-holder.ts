import { DomainError } from '@fermata/contracts';
import { type DataDirectory, explainDiskError } from './data-directory.js';
import type { KnownProcess } from './processes/end-process.mjs';
import { type Guardian, postGuardian } from './processes/guardian.js';
import { processIdentity } from './processes/process-identity.mjs';
import { acquireLock } from './processes/process-lock.mjs';
import { readStackRecord, type RecordedPart, type StackRecord, writeStackRecord } from './stack-record.js';

/** Our hold on a data directory: the lock, the record of what runs, and the guardian that cleans up after a crash. */
export interface StackHolder {
  readonly ports: StackRecord['ports'];
  /** What the record says runs: at first, what an earlier holder has left. */
  readonly processes: Readonly<StackRecord['processes']>;
  rememberPorts(ports: StackRecord['ports']): Promise<void>;
  recordProcess(part: RecordedPart, process: KnownProcess | null): Promise<void>;
  release(): Promise<void>;
}

/**
 * @throws DomainError `conflict` when another process holds the directory, with who and since when
 */
export async function holdDataDirectory(directory: DataDirectory): Promise<StackHolder> {
  const attempt = await acquireLock(directory.lock).catch((error: unknown) => {
    throw explainDiskError(error, directory.root);
  });
  if (!attempt.acquired) throw heldBy(directory, attempt.holder);
  try {
    const before = await readStackRecord(directory.record);
    const holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
    // Its servers are found by what they work on; its services are known by this record alone.
    const { api, worker } = before?.processes ?? {};
    const record: StackRecord = {
      version: 1,
      holder,
      startedAt: new Date().toISOString(),
      ports: before?.ports ?? {},
      processes: { ...(api && { api }), ...(worker && { worker }) },
    };
    await writeStackRecord(directory.record, record);
    const guardian = postGuardian(directory.record, holder.identity);
    record.processes.guardian = { pid: guardian.pid, identity: guardian.identity };
    return createHolder(directory, record, { guardian, releaseLock: attempt.release });
  } catch (error) {
    attempt.release();
    throw explainDiskError(error, directory.root);
  }
}

function createHolder(
  directory: DataDirectory,
  record: StackRecord,
  { guardian, releaseLock }: { guardian: Guardian; releaseLock: () => void },
): StackHolder {
  // One write after the other: two at once would share a draft.
  let writing: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    writing = writing.catch(() => undefined).then(() => writeStackRecord(directory.record, record));
    return writing;
  };
  return {
    ports: record.ports,
    processes: record.processes,
    async rememberPorts(ports) {
      Object.assign(record.ports, ports);
      await save();
    },
    async recordProcess(part, known) {
      if (known === null) delete record.processes[part];
      else record.processes[part] = { pid: known.pid, identity: known.identity };
      // A full disk must not end a stack that runs: the servers are found without the record too.
      await save().catch(() => undefined);
    },
    async release() {
      guardian.dismiss();
      delete record.processes.guardian;
      await save().catch(() => undefined);
      releaseLock();
    },
  };
}

function heldBy(directory: DataDirectory, holder: { pid: number; since: Date }): DomainError {
  const since = holder.since.toISOString();
  const message = `The data directory ${directory.root} is in use by process ${holder.pid} since ${since}. Stop that one (\`down\`, or ^C where it runs), or set FERMATA_HOME (or --data-dir) to another directory.`;
  return new DomainError('conflict', message, { path: directory.root, pid: holder.pid, since });
}
