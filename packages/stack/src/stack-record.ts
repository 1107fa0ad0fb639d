import { readFile, rename, writeFile } from 'node:fs/promises';
import type { KnownProcess } from './processes/end-process.mjs';

export type RecordedPart = 'postgres' | 'temporal' | 'api' | 'worker';

/** What `stack.json` says: who holds the data directory, which servers run for it, and the ports it was given. */
export interface StackRecord {
  version: 1;
  holder: KnownProcess;
  startedAt: string;
  /** Kept when the stack is down, so that the next start has the same addresses. */
  ports: { postgres?: number; temporal?: number; temporalUi?: number; api?: number; worker?: number };
  processes: Partial<Record<RecordedPart | 'guardian', KnownProcess>>;
}

/** Null when there is none, or when it cannot be understood: then nothing is known, which is always a safe start. */
export async function readStackRecord(path: string): Promise<StackRecord | null> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as StackRecord;
    return record.version === 1 ? record : null;
  } catch {
    return null;
  }
}

/** Writes by rename: a reader sees the old record or the new one, never half of one. */
export async function writeStackRecord(path: string, record: StackRecord): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}
