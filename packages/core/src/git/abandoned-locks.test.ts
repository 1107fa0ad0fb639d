import { spawn } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { expectLanded } from './landed.fixture.js';
import { finishedTask, type FinishedTask, repositoryId } from './task-world.fixture.js';

const longAgo = new Date(Date.now() - 3_600_000);
const started: (() => void)[] = [];
afterEach(() => started.splice(0).forEach((end) => end()));

/** As a power cut leaves it: the journal of a landing under way, and the locks its git held. */
async function powerCut({ git, origin, landing, base }: FinishedTask, { age = longAgo } = {}): Promise<string[]> {
  const index = join(origin.path, '.git', 'index.lock');
  writeFileSync(index, '');
  const order = { repositoryId, location: origin.path, commit: landing, targetBranch: 'main', expectedTarget: base };
  await expect(git({ lockPatienceMs: 50 }).completeLanding(order)).rejects.toMatchObject({ code: 'lock_contention' });
  const locks = [
    index,
    join(origin.path, '.git', 'HEAD.lock'),
    join(origin.path, '.git', 'refs', 'heads', 'main.lock'),
  ];
  for (const lock of locks) {
    writeFileSync(lock, '');
    utimesSync(lock, age, age);
  }
  return locks;
}

const landAgain = ({ git, origin, landing, base }: FinishedTask) =>
  git({ lockPatienceMs: 50 }).completeLanding({
    repositoryId,
    location: origin.path,
    commit: landing,
    targetBranch: 'main',
    expectedTarget: base,
  });

describe.runIf(process.platform === 'linux')(
  'locks that a landing left in the user’s repository when it was killed',
  () => {
    it('are removed, and the landing is finished', async () => {
      const world = await finishedTask();
      const locks = await powerCut(world);
      expect(await landAgain(world)).toEqual({ state: 'landed', commit: world.landing });
      expectLanded(world);
      expect(locks.filter((lock) => existsSync(lock))).toEqual([]);
      expect(readdirSync(join(world.dataDir, 'landings'))).toEqual([]);
    });

    it('stay while any git runs there', async () => {
      const world = await finishedTask();
      const locks = await powerCut(world);
      const other = spawn('git', ['cat-file', '--batch'], {
        cwd: world.origin.path,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      started.push(() => other.kill());
      await new Promise((resolve) => other.once('spawn', resolve));
      await expect(landAgain(world)).rejects.toMatchObject({ code: 'lock_contention' });
      expect(locks.every((lock) => existsSync(lock))).toBe(true);
    });

    it('stay when they are newer than our start', async () => {
      const world = await finishedTask();
      const locks = await powerCut(world, { age: new Date() });
      await expect(landAgain(world)).rejects.toMatchObject({ code: 'lock_contention' });
      expect(locks.every((lock) => existsSync(lock))).toBe(true);
    });

    it('are somebody else’s when no landing of ours was broken off', async () => {
      const world = await finishedTask();
      const lock = join(world.origin.path, '.git', 'index.lock');
      writeFileSync(lock, '');
      utimesSync(lock, longAgo, longAgo);
      await expect(landAgain(world)).rejects.toMatchObject({ code: 'lock_contention' });
      expect(existsSync(lock)).toBe(true);
    });
  },
);
