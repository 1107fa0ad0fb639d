import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectLanded } from './landed.fixture.js';
import { finishedTask, repositoryId } from './task-world.fixture.js';

describe('completeLanding, called again after a crash', () => {
  type Crashed = Awaited<ReturnType<typeof finishedTask>>;

  function leaveJournal({ dataDir, git_, origin, landing, base }: Crashed): Promise<void> {
    // The journal as it is while files move: written by a landing that cannot get at the index.
    const lock = join(origin.path, '.git/index.lock');
    writeFileSync(lock, '');
    const order = {
      repositoryId,
      location: origin.path,
      commit: landing,
      targetBranch: 'main',
      expectedTarget: base,
    };
    return git_.completeLanding(order).then(
      () => Promise.reject(new Error('landed')),
      () => {
        rmSync(lock);
        expect(readdirSync(join(dataDir, 'landings'))).toHaveLength(1);
      },
    );
  }

  const crashes: Record<string, (world: Crashed) => void> = {
    'before anything moved': () => undefined,
    'while files were written': ({ origin }) => {
      origin.write('a.txt', 'one\nmi');
      rmSync(join(origin.path, 'old'));
      rmSync(join(origin.path, 'becomes-folder'));
      origin.write('sub/new', '');
    },
    'after files and index, before the branch': ({ origin, landing }) =>
      void origin.git('read-tree', '-m', '-u', 'HEAD', landing),
    'after everything': ({ origin, landing }) => void origin.git('merge', '-q', '--ff-only', landing),
    'after the branch, before the files': ({ origin, landing }) =>
      void origin.git('update-ref', 'refs/heads/main', landing),
  };

  for (const [when, crash] of Object.entries(crashes)) {
    it(`finishes a landing that died ${when}`, async () => {
      const world = await finishedTask();
      world.origin.git('fetch', '-q', world.git_.mirrorPath(repositoryId), world.landing);
      await leaveJournal({ ...world, git_: world.git({ lockPatienceMs: 50 }) });
      crash(world);
      expect((await world.completeLanding(world.landing, world.base)).state).toMatch(/^(already_)?landed$/);
      expectLanded(world);
      expect(readdirSync(join(world.dataDir, 'landings'))).toEqual([]);
    });
  }

  it('brings the files after a branch that moved without them, journal or not', async () => {
    const world = await finishedTask();
    world.origin.git('fetch', '-q', world.git_.mirrorPath(repositoryId), world.landing);
    world.origin.git('update-ref', 'refs/heads/main', world.landing);
    expect(await world.completeLanding(world.landing, world.base)).toEqual({
      state: 'landed',
      commit: world.landing,
    });
    expectLanded(world);
  });

  it('overwrites nothing that the user has done since', async () => {
    const world = await finishedTask();
    await leaveJournal({ ...world, git_: world.git({ lockPatienceMs: 50 }) });
    world.origin.write('a.txt', 'one\nmi');
    appendFileSync(join(world.origin.path, 'b.txt'), 'the user’s own\n');
    world.origin.write('sub/new', 'the user’s own\n');
    const result = await world.completeLanding(world.landing, world.base);
    expect(result).toMatchObject({ state: 'checkout_dirty' });
    expect('files' in result && [...result.files].sort()).toEqual(['b.txt', 'sub/new']);
    expect(world.origin.read('b.txt')).toBe('b\nthe user’s own\n');
    world.origin.git('checkout', '-q', 'b.txt');
    rmSync(join(world.origin.path, 'sub'), { recursive: true });
    expect(await world.completeLanding(world.landing, world.base)).toEqual({
      state: 'landed',
      commit: world.landing,
    });
    expectLanded(world);
  });

  it('leaves what the user began after the landing was complete', async () => {
    const world = await finishedTask();
    await leaveJournal({ ...world, git_: world.git({ lockPatienceMs: 50 }) });
    world.origin.git('merge', '-q', '--ff-only', world.landing);
    world.origin.write('a.txt', 'next piece of work\n');
    expect(await world.completeLanding(world.landing, world.base)).toEqual({
      state: 'already_landed',
      commit: world.landing,
    });
    expect(world.origin.read('a.txt')).toBe('next piece of work\n');
  });
});
