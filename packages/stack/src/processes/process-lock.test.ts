import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../stack.fixture.js';
import { processIdentity } from './process-identity.mjs';
import { acquireLock, lockHolder } from './process-lock.mjs';

describe('the lock of a directory', () => {
  let home: Awaited<ReturnType<typeof temporaryDirectory>>;
  let lock: string;
  beforeEach(async () => {
    home = await temporaryDirectory();
    lock = join(home.path, 'lock');
  });
  afterEach(() => home.remove());

  it('is refused to a second taker, who learns who has it, until it is released', async () => {
    const first = await acquireLock(lock);
    expect(await acquireLock(lock)).toMatchObject({ acquired: false, holder: { pid: process.pid } });
    if (first.acquired) first.release();
    expect(lockHolder(lock)).toBeNull();
    expect(await acquireLock(lock)).toMatchObject({ acquired: true });
  });

  it('is free at once when its holder was killed', async () => {
    const script = `const { acquireLock } = await import(${JSON.stringify(join(import.meta.dirname, 'process-lock.mjs'))});
      await acquireLock(${JSON.stringify(lock)}); console.log('held'); setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    expect(await acquireLock(lock)).toMatchObject({ acquired: false, holder: { pid: holder.pid } });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await acquireLock(lock)).toMatchObject({ acquired: true });
  });

  it('is not held by a pid that now belongs to another process', async () => {
    const first = await acquireLock(lock);
    if (first.acquired) first.release();
    writeFileSync(join(lock, `${process.pid}_00000000.1_1_0a`), '');
    expect(lockHolder(lock)).toBeNull();
    expect(readdirSync(lock)).toEqual([]);
  });

  it('never has two holders, however many processes want it at once', async () => {
    const guarded = join(home.path, 'guarded');
    const script = `const { acquireLock } = await import(${JSON.stringify(join(import.meta.dirname, 'process-lock.mjs'))});
      const { mkdirSync, rmdirSync } = await import('node:fs');
      for (let turns = 0; turns < 5; ) {
        const attempt = await acquireLock(${JSON.stringify(lock)});
        if (!attempt.acquired) continue;
        mkdirSync(${JSON.stringify(guarded)});
        await new Promise((done) => setTimeout(done, 10));
        rmdirSync(${JSON.stringify(guarded)});
        attempt.release();
        turns++;
      }`;
    const contenders = [1, 2, 3, 4].map(() =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(contenders.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual([0, 0, 0, 0]);
  });
});

describe('the identity of a process', () => {
  it('stays the same while it runs and is gone with it, zombie or not', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const identity = processIdentity(child.pid!);
    expect(identity).not.toBeNull();
    expect(processIdentity(child.pid!)).toBe(identity);
    expect(processIdentity(process.pid)).not.toBe(identity);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(processIdentity(child.pid!)).toBeNull();
    expect(processIdentity(-1)).toBeNull();
  });
});
