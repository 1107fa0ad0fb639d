import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branch, createTaskWorld, repositoryId, trailers } from './task-world.fixture.js';

describe('releaseWorktree', () => {
  it('commits what was left and removes the worktree, read-only folders too', async () => {
    const { git_, work, at } = await createTaskWorld((repository) => repository.write('.gitignore', 'cache/\n'));
    work.write('unsaved', 'x');
    work.write('cache/deep/x', 'x');
    execFileSync('chmod', ['-R', 'a-w', join(work.path, 'cache')]);
    const mirror = at(git_.mirrorPath(repositoryId));
    const released = await git_.releaseWorktree({ repositoryId, worktreeId: 'task_1', trailers });
    const tip = mirror.git('rev-parse', branch);
    expect(released).toEqual({ kept: [{ ref: `refs/heads/${branch}`, commit: tip }], savedChanges: true });
    expect(mirror.git('show', `${branch}:unsaved`)).toBe('x');
    expect(await git_.listWorktrees()).toEqual([]);
    expect(mirror.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(await git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' })).toEqual({
      kept: [],
      savedChanges: false,
    });
  });

  it('keeps commits that an agent made elsewhere', async () => {
    const { git_, work, base, at, save } = await createTaskWorld();
    work.write('on-branch', 'x');
    const { commit } = await save();
    work.git('checkout', '-q', '--detach', base);
    work.write('detached', 'x');
    const elsewhere = work.commit('elsewhere');
    const { kept } = await git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' });
    const mirror = at(git_.mirrorPath(repositoryId));
    for (const wanted of [commit, elsewhere]) {
      const holders = mirror.git(
        'for-each-ref',
        `--contains=${wanted}`,
        '--format=%(refname)',
        'refs/heads',
        'refs/fermata/kept',
      );
      expect(holders).not.toBe('');
    }
    expect(kept.map((entry) => entry.commit)).toContain(elsewhere);
  });

  it('goes on when it was killed half way', async () => {
    const { git_, work, prepare, save } = await createTaskWorld();
    work.write('new', 'x');
    const { commit } = await save();
    rmSync(join(git_.mirrorPath(repositoryId), 'worktrees/task_1/fermata.json'));
    rmSync(join(work.path, 'a.txt'));
    expect(await prepare()).toMatchObject({ head: commit });
    expect(work.git('status', '--porcelain')).toBe('');
    await git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' });
    expect(await prepare()).toMatchObject({ head: commit });
  });

  const damages: [string, (marker: string) => void, string][] = [
    ['was cut off by a power cut', (marker) => writeFileSync(marker, '{"repositoryId":"re'), 'data_directory_unusable'],
    ['is empty', (marker) => writeFileSync(marker, ''), 'data_directory_unusable'],
    [
      'cannot be read now',
      (marker) => {
        rmSync(marker);
        mkdirSync(marker);
      },
      'unavailable',
    ],
  ];
  for (const [what, damage, code] of damages) {
    it(`removes nothing of a worktree whose marker ${what}, nor makes it anew`, async () => {
      const { git_, work, prepare } = await createTaskWorld();
      work.write('unsaved', 'x');
      damage(join(git_.mirrorPath(repositoryId), 'worktrees/task_1/fermata.json'));
      await expect(git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' })).rejects.toMatchObject({ code });
      await expect(prepare()).rejects.toMatchObject({ code });
      expect(work.read('unsaved')).toBe('x');
    });
  }

  it('removes nothing, nor makes it anew, while the folder cannot be looked at', async () => {
    const { git_, work, prepare } = await createTaskWorld();
    work.write('unsaved', 'x');
    const away = `${work.path}-away`;
    renameSync(work.path, away);
    symlinkSync(work.path, work.path);
    await expect(git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(prepare()).rejects.toMatchObject({ code: 'unavailable' });
    rmSync(work.path);
    renameSync(away, work.path);
    await prepare();
    expect(work.read('unsaved')).toBe('x');
  });

  it('throws scratch away', async () => {
    const { git_, base, at } = await createTaskWorld();
    const { path } = await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit: base });
    at(path).write('junk', 'x');
    mkdirSync(join(path, 'sub'));
    expect(await git_.releaseWorktree({ repositoryId, worktreeId: 'scratch' })).toEqual({
      kept: [],
      savedChanges: false,
    });
    expect((await git_.listWorktrees()).map((row) => row.worktreeId)).toEqual(['task_1']);
  });

  it('keeps a commit under a name', async () => {
    const { git_, base, at } = await createTaskWorld();
    expect(await git_.keepRef({ repositoryId, name: 'run_1', commit: base })).toBe('refs/fermata/kept/run_1');
    expect(at(git_.mirrorPath(repositoryId)).git('rev-parse', 'refs/fermata/kept/run_1')).toBe(base);
  });
});
