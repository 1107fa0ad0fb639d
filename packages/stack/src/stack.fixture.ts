import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporal } from './temporal/find-temporal.mjs';

/** A private directory, as `mktemp -d` makes it: mode 0700, so that Postgres cannot walk through it as another user. */
export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'fermata-stack-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function temporalForTests(): Promise<string> {
  const found = await findTemporal(process.env);
  if (found === null) throw new Error('these tests need a Temporal server: run `npm test`, which fetches one');
  return found.path;
}

/** Waits for something that happens in another process. The limit only ends a hang. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(25)) {
    if (await holds()) return;
  }
  throw new Error(`it never came to this: ${what}`);
}

export interface HolderProcess {
  child: ChildProcess;
  pids: { postgres: number; temporal: number };
}

/** Another process that holds a stack, to be killed: it runs what is compiled. */
export async function startHolderProcess(dataDir: string, temporalBinary: string): Promise<HolderProcess> {
  const script = `
    const { startStack } = await import('@fermata/stack');
    const stack = await startStack(${JSON.stringify({ dataDir, temporalBinary })});
    console.log(JSON.stringify(stack.pids));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pids = await new Promise<HolderProcess['pids']>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as HolderProcess['pids']));
    child.once('exit', (code) => reject(new Error(`the holder ended with exit code ${code}`)));
  });
  return { child, pids };
}
