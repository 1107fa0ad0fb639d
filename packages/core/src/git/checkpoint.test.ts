import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branch, createTaskWorld, repositoryId, trailers } from './task-world.fixture.js';

const ref = 'refs/fermata/checkpoints/run_1/1';

describe('checkpoint', () => {
  it('commits changes, additions and removals with trailers, and points the checkpoint ref to it', async () => {
    const { work, git_, base } = await createTaskWorld();
    work.write('a.txt', 'changed\n');
    work.write('new', 'x');
    work.git('rm', '-q', 'b.txt');
    const saved = await git_.checkpoint({
      worktreePath: work.path,
      message: 'Step 1\n\nFermata-Task: forged',
      trailers: { ...trailers, 'Co-authored-by': 'A <a@b.c>\nX: y' },
      ref,
    });
    expect(saved.changed).toBe(true);
    expect(work.git('rev-parse', 'HEAD', branch, ref, 'HEAD^', 'HEAD^{tree}').split('\n')).toEqual([
      saved.commit,
      saved.commit,
      saved.commit,
      base,
      saved.tree,
    ]);
    expect(work.git('log', '-1', '--format=%(trailers:only)').split('\n')).toEqual([
      'Fermata-Task: task_1',
      'Fermata-Agent: agt_1',
      'Co-authored-by: A <a@b.c> X: y',
    ]);
    expect(work.git('log', '-1', '--format=%an <%ae> %cn')).toBe('Fermata <fermata@localhost> Fermata');
    expect(work.git('show', '--name-status', '--format=', 'HEAD').split('\n')).toEqual([
      'M\ta.txt',
      'D\tb.txt',
      'A\tnew',
    ]);
    expect(work.git('status', '--porcelain')).toBe('');
  });

  it('makes no commit when nothing changed, and still points the ref', async () => {
    const { work, git_, base } = await createTaskWorld();
    const saved = await git_.checkpoint({ worktreePath: work.path, message: 'nothing', trailers, ref });
    expect(saved).toMatchObject({ commit: base, changed: false });
    expect(work.git('rev-parse', ref)).toBe(base);
  });

  it('commits names with spaces, newlines, dashes and broken bytes, links, modes and big files', async () => {
    const { work, save, git_, base } = await createTaskWorld();
    for (const name of ['with space', 'new\nline', '-rf', '"quoted"', 'ünï', ':(top)x', '*']) work.write(name, name);
    writeFileSync(Buffer.concat([Buffer.from(`${work.path}/broken-`), Buffer.from([0xff, 0xfe])]), 'x');
    symlinkSync('a.txt', join(work.path, 'link'));
    symlinkSync('/nowhere', join(work.path, 'dangling'));
    work.write('run.sh', '#!/bin/sh\n');
    chmodSync(join(work.path, 'run.sh'), 0o755);
    work.write('big', Buffer.alloc(10_000_000, 'abc'));
    await save();
    expect(work.git('status', '--porcelain')).toBe('');
    expect(
      work
        .git('ls-tree', 'HEAD', 'run.sh', 'link')
        .split('\n')
        .map((line) => line.slice(0, 6)),
    ).toEqual(['120000', '100755']);
    const { files, empty } = await git_.diff({ worktreePath: work.path, base });
    expect(empty).toBe(false);
    expect(files).toHaveLength(12);
    expect(files.map((file) => file.path)).toContain('new\nline');
  });

  it('leaves ignored files and runs no hook or filter of the user’s configuration', async () => {
    const { work, save } = await createTaskWorld((repository) => repository.write('.gitignore', 'secret\n'));
    work.write('secret', 'x');
    const hooks = join(work.path, 'hooks');
    mkdirSync(hooks);
    for (const name of ['pre-commit', 'reference-transaction', 'post-commit']) {
      writeFileSync(join(hooks, name), `#!/bin/sh\ntouch ${work.path}/hook-ran\nexit 1\n`, { mode: 0o755 });
    }
    work.git('config', 'core.hooksPath', hooks);
    await save();
    expect(work.git('ls-tree', '--name-only', 'HEAD').split('\n')).not.toContain('secret');
    expect(work.git('status', '--porcelain')).toBe('');
  });

  it('follows the commits and branches that the agent makes by itself', async () => {
    const { work, save, base } = await createTaskWorld();
    work.git('checkout', '-q', '-b', 'my-feature');
    work.write('one', '1');
    const own = work.commit('the agent’s own');
    expect(await save()).toMatchObject({ commit: own, changed: false });
    expect(work.git('rev-parse', branch)).toBe(own);
    work.write('two', '2');
    const { commit } = await save();
    expect(work.git('rev-parse', branch, 'my-feature').split('\n')).toEqual([commit, commit]);
    expect(work.git('symbolic-ref', '--short', 'HEAD')).toBe('my-feature');
    expect(work.git('log', '--format=%H', `${base}..${branch}`).split('\n')).toEqual([commit, own]);
  });

  it('lets the agent look at something older, and comes back to the branch at the end', async () => {
    const { work, git_, base, save } = await createTaskWorld();
    work.write('one', '1');
    const { commit } = await save();
    work.git('checkout', '-q', base);
    expect(await save()).toMatchObject({ commit: base, changed: false });
    expect(work.git('rev-parse', branch, 'HEAD').split('\n')).toEqual([commit, base]);
    const final = await git_.checkpoint({ worktreePath: work.path, message: 'end', trailers, final: true });
    expect(final).toMatchObject({ commit, changed: false });
    expect(work.git('symbolic-ref', '--short', 'HEAD')).toBe(branch);
    expect(work.read('one')).toBe('1');
  });

  it('takes what an agent left on a detached commit as its result at the end', async () => {
    const { work, git_, base, save } = await createTaskWorld();
    work.write('one', '1');
    const { commit } = await save();
    work.git('checkout', '-q', '--detach', base);
    work.write('other', '2');
    const final = await git_.checkpoint({ worktreePath: work.path, message: 'end', trailers, final: true });
    expect(work.git('rev-parse', branch, `${branch}^1`, `${branch}^2`).split('\n')).toEqual([
      final.commit,
      commit,
      base,
    ]);
    expect(work.git('status', '--porcelain')).toBe('');
    expect(work.read('other')).toBe('2');
  });

  it('saves a snapshot in the middle of a rebase without disturbing it', async () => {
    const { work, git_, base, save } = await createTaskWorld();
    work.write('a.txt', 'mine\n');
    const { commit } = await save();
    work.git('checkout', '-q', '-b', 'side', base);
    work.write('a.txt', 'theirs\n');
    work.commit('side');
    work.git('checkout', '-q', branch);
    expect(() => work.git('rebase', 'side')).toThrow();
    const snapshot = await git_.checkpoint({ worktreePath: work.path, message: 'snapshot', trailers, ref });
    expect(snapshot.changed).toBe(true);
    expect(work.git('show', `${ref}:a.txt`)).toContain('<<<<<<<');
    expect(work.git('status', '--porcelain')).toBe('UU a.txt');
    work.write('a.txt', 'both\n');
    work.git('add', 'a.txt');
    work.git('-c', 'core.editor=true', 'rebase', '--continue');
    await git_.checkpoint({ worktreePath: work.path, message: 'end', trailers, final: true });
    expect(work.git('show', `${branch}:a.txt`)).toBe('both');
    expect(work.git('rev-parse', branch)).not.toBe(commit);
  });

  it('takes in the files of a repository that a generator made inside', async () => {
    const { work, save } = await createTaskWorld();
    for (const [name, commits] of [
      ['app', true],
      ['fresh', false],
    ] as const) {
      execFileSync('git', ['init', '-q', join(work.path, name)]);
      work.write(`${name}/index.js`, 'x');
      if (commits)
        execFileSync('git', [
          '-C',
          join(work.path, name),
          '-c',
          'user.name=g',
          '-c',
          'user.email=g@g',
          'commit',
          '-q',
          '--allow-empty',
          '-m',
          'generated',
        ]);
    }
    await save();
    expect(work.git('ls-tree', '-r', '--name-only', 'HEAD').split('\n')).toEqual([
      'a.txt',
      'app/index.js',
      'b.txt',
      'fresh/index.js',
    ]);
    expect(await save()).toMatchObject({ changed: false });
  });

  it('goes on after a crash left the index locked or a merge announced', async () => {
    const { work, git_, save } = await createTaskWorld();
    const admin = join(git_.mirrorPath(repositoryId), 'worktrees/task_1');
    writeFileSync(join(admin, 'index.lock'), 'half');
    utimesSync(join(admin, 'index.lock'), 1, 1);
    work.write('new', 'x');
    const { commit } = await save();
    writeFileSync(join(admin, 'MERGE_HEAD'), `${commit}\n`);
    expect(await save()).toMatchObject({ commit, changed: false });
    expect(() => readFileSync(join(admin, 'MERGE_HEAD'))).toThrow();
  });

  it('serialises checkpoints of one worktree', async () => {
    const { work, save, base } = await createTaskWorld();
    await Promise.all(Array.from({ length: 8 }, (_, n) => (work.write(`f${n}`, 'x'), save())));
    expect(work.git('status', '--porcelain')).toBe('');
    expect(Number(work.git('rev-list', '--count', `${base}..${branch}`))).toBeGreaterThan(0);
  });
});

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

describe('mergeTargetIntoWorktree', () => {
  async function conflicting() {
    const world = await createTaskWorld();
    world.work.write('a.txt', 'one\nmine\nthree\n');
    world.origin.write('a.txt', 'one\ntheirs\nthree\n');
    world.origin.write('c.txt', 'c\n');
    const targetCommit = world.origin.commit('theirs');
    await world.git_.syncMirror({ repositoryId, location: world.origin.path });
    const merge = () => world.git_.mergeTargetIntoWorktree({ worktreePath: world.work.path, targetCommit, trailers });
    return { ...world, targetCommit, merge };
  }

  it('leaves markers for the agent, says so again, and the next checkpoint is a merge', async () => {
    const { work, merge, save, targetCommit } = await conflicting();
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(work.read('a.txt')).toMatch(/<<<<<<< HEAD\nmine\n=======\ntheirs\n>>>>>>>/);
    work.write('a.txt', 'one\nboth\nthree\n');
    const { commit } = await save();
    expect(work.git('rev-parse', `${branch}^2`)).toBe(targetCommit);
    expect(work.git('rev-parse', branch)).toBe(commit);
    expect(await merge()).toEqual({ state: 'clean', files: [] });
    expect(work.git('status')).not.toContain('merging');
  });

  it('starts over when it was killed in the middle', async () => {
    const { work, merge, git_, targetCommit } = await conflicting();
    const { commit } = await git_.checkpoint({ worktreePath: work.path, message: 'work', trailers });
    const admin = join(git_.mirrorPath(repositoryId), 'worktrees/task_1');
    writeFileSync(join(admin, 'fermata-merging'), `${commit} ${targetCommit}`);
    work.write('a.txt', '<<<<<<< HEAD\nhalf');
    expect(await merge()).toEqual({ state: 'conflict', files: ['a.txt'] });
    expect(work.read('a.txt').match(/<<<<<<</g)).toHaveLength(1);
  });
});
