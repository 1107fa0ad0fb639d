import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branch, createTaskWorld, repositoryId } from './task-world.fixture.js';
import { fingerprint } from './repository.fixture.js';

describe('prepareWorktree', () => {
  it('gives a worktree on the branch, and the same one with all that was done in it when asked again', async () => {
    const { work, base, prepare } = await createTaskWorld();
    expect(work.git('symbolic-ref', '--short', 'HEAD')).toBe(branch);
    work.write('a.txt', 'changed\n');
    work.write('untracked', 'x');
    expect(await prepare()).toEqual({ path: work.path, head: base });
    expect(work.git('status', '--porcelain').split('\n')).toEqual(['M a.txt', '?? untracked']);
  });

  it('makes a missing folder again from the last checkpoint', async () => {
    const { work, prepare, save } = await createTaskWorld();
    work.write('new', 'saved\n');
    const { commit } = await save();
    rmSync(work.path, { recursive: true });
    expect(await prepare()).toEqual({ path: work.path, head: commit });
    expect(work.read('new')).toBe('saved\n');
    expect(work.git('status', '--porcelain')).toBe('');
  });

  it('makes a half-made worktree again, with a lock that was left in it', async () => {
    const { work, git_, base, prepare } = await createTaskWorld();
    const admin = join(git_.mirrorPath(repositoryId), 'worktrees/task_1');
    rmSync(join(admin, 'fermata.json'));
    rmSync(join(work.path, 'a.txt'));
    writeFileSync(join(work.path, 'b.txt'), 'hal');
    writeFileSync(join(admin, 'index.lock'), '');
    expect(await prepare()).toEqual({ path: work.path, head: base });
    expect(work.read('b.txt')).toBe('b\n');
    expect(work.git('status', '--porcelain')).toBe('');
  });

  it('makes one again whose folder was begun and whose branch exists already', async () => {
    const { work, git_, base, prepare } = await createTaskWorld();
    rmSync(join(git_.mirrorPath(repositoryId), 'worktrees'), { recursive: true });
    rmSync(work.path, { recursive: true });
    mkdirSync(work.path);
    expect(await prepare()).toEqual({ path: work.path, head: base });
  });

  it('sets a folder aside that no mirror knows and that holds files', async () => {
    const { work, git_, dataDir, prepare } = await createTaskWorld();
    work.write('precious', 'x');
    rmSync(join(git_.mirrorPath(repositoryId), 'worktrees'), { recursive: true });
    await prepare();
    const [aside] = readdirSync(join(dataDir, 'worktrees')).filter((name) => name.startsWith('.set-aside'));
    expect(existsSync(join(dataDir, 'worktrees', aside!, 'precious'))).toBe(true);
    expect(existsSync(join(work.path, 'precious'))).toBe(false);
  });

  it('makes the branch again when it was deleted, at the checkpoint, and keeps the files', async () => {
    const { work, git_, base, save } = await createTaskWorld();
    work.write('new', 'x');
    const { commit } = await save();
    work.git('update-ref', 'refs/fermata/checkpoints/run_1/1', commit);
    work.git('update-ref', '-d', `refs/heads/${branch}`);
    work.write('later', 'y');
    const checkpoint = 'refs/fermata/checkpoints/run_1/1';
    const order = { repositoryId, worktreeId: 'task_1', branch, baseCommit: base, checkpoint };
    expect(await git_.prepareWorktree(order)).toMatchObject({ head: commit });
    expect(work.git('status', '--porcelain')).toBe('?? later');
  });

  it('goes on from a checkpoint that is ahead of the branch', async () => {
    const { work, git_, base, save } = await createTaskWorld();
    work.write('new', 'x');
    const { commit } = await save();
    rmSync(work.path, { recursive: true });
    execFileSync('git', ['-C', git_.mirrorPath(repositoryId), 'update-ref', `refs/heads/${branch}`, base]);
    const order = { repositoryId, worktreeId: 'task_1', branch, baseCommit: base, checkpoint: commit };
    expect(await git_.prepareWorktree(order)).toMatchObject({ head: commit });
    expect(work.read('new')).toBe('x');
  });

  it('restores the link to the mirror that an agent removed or replaced', async () => {
    const { work, prepare, save, base } = await createTaskWorld();
    work.write('new', 'x');
    rmSync(join(work.path, '.git'));
    expect(await prepare()).toEqual({ path: work.path, head: base });
    rmSync(join(work.path, '.git'));
    execFileSync('git', ['init', '-q', work.path]);
    expect(await save()).toMatchObject({ changed: true });
    expect(work.git('log', '--format=%s', branch).split('\n')).toEqual(['work', 'start']);
  });

  it('refuses an unknown base, a worktree of another branch, and ids that climb', async () => {
    const { git_, base } = await createTaskWorld();
    const order = { repositoryId, worktreeId: 'task_2', branch: 'fermata/other', baseCommit: base };
    await expect(git_.prepareWorktree({ ...order, baseCommit: 'f'.repeat(40) })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(git_.prepareWorktree({ ...order, repositoryId: 'repo_none' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(git_.prepareWorktree({ ...order, worktreeId: 'task_1' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(git_.prepareWorktree({ ...order, worktreeId: '../x' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('shows no changes in a repository whose line endings contradict its attributes', async () => {
    const { git_, origin, at } = await createTaskWorld((repository) => {
      for (const name of ['crlf [1].txt', '"q".txt', 'plain.bat', 'x.unix']) repository.write(name, 'a\r\nb\r\n');
    });
    origin.write('.gitattributes', '*.txt text\n*.bat text eol=crlf\n*.unix text=auto\n');
    origin.git('add', '.gitattributes');
    origin.git('commit', '-q', '-m', 'attributes that the files do not follow');
    const { headCommit } = await git_.syncMirror({ repositoryId, location: origin.path });
    const order = { repositoryId, worktreeId: 'task_2', branch: 'fermata/two', baseCommit: headCommit };
    const { path } = await git_.prepareWorktree(order);
    const work = at(path);
    const save = () => git_.checkpoint({ worktreePath: path, message: 'work', trailers: {} });
    expect(work.git('status', '--porcelain')).toBe('');
    expect(await save()).toMatchObject({ changed: false, commit: headCommit });
    work.write('new.bat', 'one\r\n');
    await save();
    expect(work.git('diff', '--name-only', headCommit, 'HEAD')).toBe('new.bat');
    expect(work.git('cat-file', '-p', 'HEAD:new.bat')).toBe('one');
  });

  it('checks files out as a repository with eol=crlf wants them', async () => {
    const { work, save } = await createTaskWorld((repository) => {
      repository.write('.gitattributes', '* text=auto eol=crlf\n');
      repository.write('w.txt', 'a\r\nb\r\n');
    });
    expect(work.read('w.txt')).toBe('a\r\nb\r\n');
    expect(await save()).toMatchObject({ changed: false });
  });

  it('never writes to the user’s repository', async () => {
    const { origin, git_, base, prepare, prepareLanding, save, work } = await createTaskWorld();
    origin.write('stashed', 'x');
    origin.git('stash', '-u');
    origin.write('a.txt', 'uncommitted\n');
    origin.git('add', 'a.txt');
    origin.write('untracked', 'x');
    const before = fingerprint(origin.path);
    await git_.inspectRepository(origin.path);
    await git_.syncMirror({ repositoryId, location: origin.path });
    await prepare();
    await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit: base });
    work.write('new', 'x');
    await save();
    await git_.diff({ worktreePath: work.path, base });
    expect(await prepareLanding()).toMatchObject({ state: 'prepared' });
    await git_.releaseWorktree({ repositoryId, worktreeId: 'task_1' });
    expect(fingerprint(origin.path)).toEqual(before);
  });
});

describe('prepareDetachedWorktree', () => {
  it('is clean every time, whatever was left in it', async () => {
    const { git_, base, at, origin } = await createTaskWorld((repository) =>
      repository.write('.gitignore', 'cache/\n'),
    );
    const second = origin.commit('second');
    await git_.syncMirror({ repositoryId, location: origin.path });
    const { path } = await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit: base });
    const scratch = at(path);
    for (const file of ['cache/x', 'untracked', 'a.txt', 'sub/.git/x']) scratch.write(file, 'junk');
    scratch.git('add', 'a.txt');
    scratch.git('checkout', '-q', '-b', 'elsewhere');
    expect(await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit: second })).toEqual({
      path,
      head: second,
    });
    expect(scratch.git('status', '--porcelain', '--ignored')).toBe('');
    expect(scratch.git('rev-parse', 'HEAD', 'elsewhere')).toBe(`${second}\n${base}`);
    expect(existsSync(join(path, 'sub'))).toBe(false);
  });

  it('is made anew when it cannot be cleaned', async () => {
    const { git_, base, at } = await createTaskWorld();
    const order = { repositoryId, worktreeId: 'scratch', commit: base };
    const { path } = await git_.prepareDetachedWorktree(order);
    const admin = join(git_.mirrorPath(repositoryId), 'worktrees/scratch');
    writeFileSync(join(admin, 'HEAD'), 'garbage');
    const lock = join(admin, 'index.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    expect(await git_.prepareDetachedWorktree(order)).toEqual({ path, head: base });
    expect(at(path).git('status', '--porcelain')).toBe('');
  });
});

describe('listWorktrees', () => {
  it('lists whole, half-made and damaged worktrees', async () => {
    const { git_, base, dataDir } = await createTaskWorld();
    await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'scratch', commit: base });
    mkdirSync(join(dataDir, 'worktrees', 'unknown'));
    await git_.prepareDetachedWorktree({ repositoryId, worktreeId: 'damaged', commit: base });
    writeFileSync(join(git_.mirrorPath(repositoryId), 'worktrees/damaged/fermata.json'), '');
    const rows = (await git_.listWorktrees()).map((row) => [
      row.worktreeId,
      row.repositoryId,
      row.branch,
      row.complete,
    ]);
    expect(rows).toEqual([
      ['damaged', null, null, false],
      ['scratch', repositoryId, null, true],
      ['task_1', repositoryId, branch, true],
      ['unknown', null, null, false],
    ]);
  });
});
