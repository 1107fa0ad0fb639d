import { describe, expect, it } from 'vitest';
import { createTaskWorld, repositoryId } from './task-world.fixture.js';

describe('diff', () => {
  it('lists what changed, committed or not, with counts, and leaves the worktree as it is', async () => {
    const { work, git_, base, save } = await createTaskWorld((repository) =>
      repository.write('old-name', 'x\n'.repeat(20)),
    );
    work.write('a.txt', 'one\n2\nthree\n');
    await save();
    work.git('mv', 'old-name', 'new name');
    work.git('reset', '-q');
    work.write('bin', Buffer.from([0, 1, 2]));
    work.git('rm', '-q', 'b.txt');
    const status = work.git('status', '--porcelain');
    const { files, patch, truncated } = await git_.diff({ worktreePath: work.path, base });
    expect(files).toEqual([
      { path: 'a.txt', status: 'modified', additions: 1, deletions: 1, binary: false },
      { path: 'b.txt', status: 'deleted', additions: 0, deletions: 1, binary: false },
      { path: 'bin', status: 'added', additions: 0, deletions: 0, binary: true },
      { path: 'new name', from: 'old-name', status: 'renamed', additions: 0, deletions: 0, binary: false },
    ]);
    expect(patch).toContain('--- a/a.txt\n+++ b/a.txt\n');
    expect(truncated).toBe(false);
    expect(work.git('status', '--porcelain')).toBe(status);
  });

  it('says when the patch was cut, and when there is nothing', async () => {
    const { work, git_, base } = await createTaskWorld();
    expect(await git_.diff({ worktreePath: work.path, base })).toEqual({
      patch: '',
      truncated: false,
      files: [],
      empty: true,
    });
    work.write('long', 'line\n'.repeat(10_000));
    const { patch, truncated, files } = await git_.diff({ worktreePath: work.path, base, capBytes: 1_000 });
    expect(truncated).toBe(true);
    expect(patch.length).toBeLessThan(1_100);
    expect(files).toMatchObject([{ additions: 10_000 }]);
  });

  it('leaves out what came from the target', async () => {
    const { work, git_, origin, save } = await createTaskWorld();
    work.write('mine', 'x\n');
    await save();
    origin.write('theirs', 'y\n');
    origin.commit('theirs');
    const { headCommit } = await git_.syncMirror({ repositoryId, location: origin.path });
    const paths = async () =>
      (await git_.diff({ worktreePath: work.path, base: headCommit })).files.map((file) => file.path);
    expect(await paths()).toEqual(['mine']);
    expect(await git_.mergeTargetIntoWorktree({ worktreePath: work.path, targetCommit: headCommit })).toEqual({
      state: 'clean',
      files: [],
    });
    expect(work.read('theirs')).toBe('y\n');
    expect(await paths()).toEqual(['mine']);
  });
});

describe('trackedFiles', () => {
  it('lists the files of a commit or a worktree up to a limit', async () => {
    const { git_, base, work } = await createTaskWorld((repository) => repository.write('ü/x', ''));
    expect(await git_.trackedFiles({ repositoryId, commit: base, limit: 2 })).toEqual({
      files: ['a.txt', 'b.txt'],
      total: 3,
    });
    expect(await git_.trackedFiles({ worktreePath: work.path, limit: 9 })).toEqual({
      files: ['a.txt', 'b.txt', 'ü/x'],
      total: 3,
    });
  });
});
