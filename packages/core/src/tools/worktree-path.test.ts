import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from './replace-file.js';
import { readTextFile } from './text-file.js';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';
import { resolveWorktreePath } from './worktree-path.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const secretIsSafe = () => {
  expect(readdirSync(tree.outside)).toEqual(['secret.txt']);
  expect(readFileSync(join(tree.outside, 'secret.txt'), 'utf8')).toBe('the secret\n');
};

/** Every file tool is tried with the path; each must refuse it by its code, and tell nothing. */
async function expectRefused(path: string, code = 'path_outside_worktree') {
  const calls: [string, Record<string, string>][] = [
    ['read', { path }],
    ['list', { path }],
    ['glob', { pattern: '*', path }],
    ['grep', { pattern: '.', path }],
    ['write', { path, content: 'attack' }],
    ['edit', { path, old_string: 'the secret', new_string: 'attack' }],
  ];
  for (const [name, input] of calls) {
    const outcome = await tree.run(name, input);
    expect({ name, isError: outcome.isError, code: outcome.errorCode }).toEqual({ name, isError: true, code });
    expect(outcome.text).not.toContain('the secret');
  }
  secretIsSafe();
}

describe('a path of the agent', () => {
  it('cannot climb out', async () => {
    await expectRefused('../outside/secret.txt');
    await expectRefused('a/b/../../../outside/secret.txt');
    await expectRefused('..');
  });

  it('cannot be an absolute path elsewhere', async () => {
    await expectRefused(join(tree.outside, 'secret.txt'));
    await expectRefused('/etc/hostname');
    await expectRefused(`${tree.path}-neighbour/x`);
  });

  it('may be absolute inside the worktree, and may go up and down inside it', async () => {
    tree.put('a/b.txt', 'inside\n');
    expect((await tree.run('read', { path: join(tree.path, 'a/b.txt') })).text).toContain('inside');
    expect((await tree.run('read', { path: './a/../a//b.txt' })).text).toContain('inside');
    expect((await tree.run('read', { path: `../${tree.path.split('/').at(-1)}/a/b.txt` })).text).toContain('inside');
  });

  it('cannot follow a symbolic link out, at any place along it', async () => {
    symlinkSync(join(tree.outside, 'secret.txt'), join(tree.path, 'file-link'));
    symlinkSync(tree.outside, join(tree.path, 'folder-link'));
    symlinkSync('../outside', join(tree.path, 'relative-link'));
    symlinkSync('folder-link', join(tree.path, 'link-to-link'));
    mkdirSync(join(tree.path, 'deep'));
    symlinkSync('../../outside', join(tree.path, 'deep/link'));
    for (const path of ['file-link', 'folder-link/secret.txt', 'relative-link/secret.txt', 'link-to-link/secret.txt']) {
      await expectRefused(path);
    }
    await expectRefused('deep/link/secret.txt');
    await expectRefused('folder-link/new-folder/new-file');
  });

  it('cannot create a file outside through a link to nowhere', async () => {
    symlinkSync(join(tree.outside, 'new.txt'), join(tree.path, 'dangling'));
    symlinkSync('../outside/new.txt', join(tree.path, 'dangling-relative'));
    symlinkSync('missing/../../outside/new.txt', join(tree.path, 'dangling-up'));
    for (const path of ['dangling', 'dangling-relative', 'dangling-up']) await expectRefused(path);
  });

  it('cannot go round in circles', async () => {
    symlinkSync('loop-b', join(tree.path, 'loop-a'));
    symlinkSync('loop-a', join(tree.path, 'loop-b'));
    await expectRefused('loop-a');
  });

  it('may follow a symbolic link that stays inside, and writes what it leads to', async () => {
    tree.put('docs/real.md', 'one\n');
    symlinkSync('docs/real.md', join(tree.path, 'link.md'));
    symlinkSync(join(tree.path, 'docs'), join(tree.path, 'documents'));
    expect((await tree.run('read', { path: 'link.md' })).text).toContain('one');
    await tree.run('write', { path: 'documents/real.md', content: 'two\n' });
    await tree.run('edit', { path: 'link.md', old_string: 'two', new_string: 'three' });
    expect(readFileSync(join(tree.path, 'docs/real.md'), 'utf8')).toBe('three\n');
    expect(readdirSync(tree.path).sort()).toEqual(['.git', 'docs', 'documents', 'link.md']);
  });

  it('cannot reach what belongs to git', async () => {
    const before = readFileSync(join(tree.path, '.git'), 'utf8');
    execFileSync('git', ['init', '-q', join(tree.path, 'nested')]);
    symlinkSync('.git', join(tree.path, 'innocent'));
    symlinkSync('nested/.git', join(tree.path, 'innocent-folder'));
    for (const path of [
      '.git',
      '.GIT',
      './.git',
      'nested/.git/config',
      'innocent',
      'innocent-folder/hooks/pre-commit',
    ]) {
      await expectRefused(path);
    }
    expect(readFileSync(join(tree.path, '.git'), 'utf8')).toBe(before);
  });

  it('may be .gitignore and the like', async () => {
    expect((await tree.run('write', { path: '.gitignore', content: 'dist\n' })).isError).toBe(false);
    expect((await tree.run('write', { path: '.github/workflows/ci.yml', content: 'on: push\n' })).isError).toBe(false);
  });

  it('cannot be empty, hold a NUL, be endless or lead through a file', async () => {
    tree.put('file', 'x');
    await expectRefused('a\0b', 'invalid_input');
    await expectRefused('x'.repeat(300), 'invalid_input');
    await expectRefused('file/below', 'invalid_input');
    expect((await tree.run('read', { path: '' })).errorCode).toBe('tool_input_invalid');
  });

  it('means the worktree when it is written with a link on its own way', async () => {
    tree.put('a.txt', 'inside\n');
    const alias = join(tree.outside, '..', 'alias');
    symlinkSync(tree.path, alias);
    const outcome = await tree.run('read', { path: join(alias, 'a.txt') }, { worktree: alias });
    expect(outcome.text).toContain('inside');
  });
});

describe('a path that is swapped between check and use', () => {
  it('is not read through a folder that became a link', async () => {
    tree.put('folder/secret.txt', 'harmless\n');
    const checked = await resolveWorktreePath(tree.path, 'folder/secret.txt');
    rmSync(join(tree.path, 'folder'), { recursive: true });
    symlinkSync(tree.outside, join(tree.path, 'folder'));
    await expect(readTextFile(checked)).rejects.toMatchObject({ code: 'path_outside_worktree' });
  });

  it('is not read when the file itself became a link', async () => {
    tree.put('file.txt', 'harmless\n');
    const checked = await resolveWorktreePath(tree.path, 'file.txt');
    rmSync(join(tree.path, 'file.txt'));
    symlinkSync(join(tree.outside, 'secret.txt'), join(tree.path, 'file.txt'));
    await expect(readTextFile(checked)).rejects.toMatchObject({ code: 'path_outside_worktree' });
  });

  it('is not written through a folder that became a link', async () => {
    tree.put('folder/secret.txt', 'harmless\n');
    const existing = await resolveWorktreePath(tree.path, 'folder/secret.txt');
    const fresh = await resolveWorktreePath(tree.path, 'folder/new/file.txt');
    renameSync(join(tree.path, 'folder'), join(tree.path, 'moved'));
    symlinkSync(tree.outside, join(tree.path, 'folder'));
    await expect(replaceFile(existing, 'attack')).rejects.toMatchObject({ code: 'path_outside_worktree' });
    await expect(replaceFile(fresh, 'attack')).rejects.toMatchObject({ code: 'path_outside_worktree' });
    secretIsSafe();
  });

  it('replaces a link that took the place of the file, not what it leads to', async () => {
    tree.put('file.txt', 'harmless\n');
    const checked = await resolveWorktreePath(tree.path, 'file.txt');
    rmSync(join(tree.path, 'file.txt'));
    symlinkSync(join(tree.outside, 'secret.txt'), join(tree.path, 'file.txt'));
    await replaceFile(checked, 'mine\n');
    expect(readFileSync(join(tree.path, 'file.txt'), 'utf8')).toBe('mine\n');
    secretIsSafe();
  });

  it('is never reached while a process swaps it all the time', async () => {
    writeFileSync(join(tree.outside, 'only-outside'), '');
    const swap = 'while :; do ln -s ../outside way; rm -rf way; mkdir way; rm -rf way; done';
    const swapper = spawn('/bin/sh', ['-c', swap], { cwd: tree.path, stdio: 'ignore' });
    const outcomes = new Set<string>();
    try {
      const wanted = ['undefined', 'path_outside_worktree'];
      const seenAll = () => wanted.every((code) => outcomes.has(code));
      for (let round = 0; round < 300 || (round < 6_000 && !seenAll()); round++) {
        const written = await tree.run('write', { path: 'way/secret.txt', content: 'attack' });
        const read = await tree.run('read', { path: 'way/secret.txt' });
        expect(read.text).not.toContain('the secret');
        expect((await tree.run('list', { path: 'way' })).text).not.toContain('only-outside');
        outcomes.add(String(written.errorCode)).add(String(read.errorCode));
      }
    } finally {
      swapper.kill('SIGKILL');
      await once(swapper, 'exit');
    }
    rmSync(join(tree.outside, 'only-outside'));
    expect([...outcomes]).toEqual(expect.arrayContaining(['undefined', 'path_outside_worktree']));
    secretIsSafe();
  });

  it('does not hide that the worktree is gone', async () => {
    rmSync(tree.path, { recursive: true });
    for (const [name, input] of [
      ['read', { path: 'a' }],
      ['bash', { command: 'true' }],
    ] as const) {
      await expect(tree.run(name, input)).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it('leaves the other name of a hard link as it was', async () => {
    linkSync(join(tree.outside, 'secret.txt'), join(tree.path, 'hard'));
    await tree.run('write', { path: 'hard', content: 'mine\n' });
    secretIsSafe();
  });
});
