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
