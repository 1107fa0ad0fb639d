import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const numberedLines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('read', () => {
  it('shows lines with their numbers', async () => {
    tree.put('a.txt', 'first\r\nsecond\n\nfourth');
    const outcome = await tree.run('read', { path: 'a.txt' });
    expect(outcome).toEqual({
      text: '     1\tfirst\n     2\tsecond\n     3\t\n     4\tfourth',
      isError: false,
      mayHaveChangedFiles: false,
      truncated: false,
    });
  });

  it('shows a range and says how to go on', async () => {
    tree.put('a.txt', numberedLines(50));
    const outcome = await tree.run('read', { path: 'a.txt', offset: 10, limit: 2 });
    expect(outcome.text).toBe('    10\tline 10\n    11\tline 11\n[lines 10 to 11 of 50; go on with offset 12]');
    expect(outcome.truncated).toBe(true);
    expect((await tree.run('read', { path: 'a.txt', offset: 51 })).text).toContain('has only 50 lines');
  });

  it('shows whole lines within the cap, so that nothing is lost when it goes on', async () => {
    tree.put('a.txt', numberedLines(3_000));
    const seen: string[] = [];
    let offset: number | undefined = 1;
    while (offset !== undefined) {
      const { text } = await tree.run('read', { path: 'a.txt', offset }, { outputCapBytes: 4_096 });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
      seen.push(...text.split('\n').filter((line) => !line.startsWith('[')));
      const next = /offset (\d+)/.exec(text)?.[1];
      offset = next === undefined ? undefined : Number(next);
    }
    expect(seen.map((line) => line.split('\t')[1])).toEqual(numberedLines(3_000).trimEnd().split('\n'));
  });

  it('cuts very long lines', async () => {
    tree.put('a.js', 'x'.repeat(5_000));
    expect((await tree.run('read', { path: 'a.js' })).text).toContain('[... 3000 more characters]');
  });

  it('says that a file is empty', async () => {
    tree.put('empty', '');
    expect((await tree.run('read', { path: 'empty' })).text).toBe('[empty is empty]');
  });

  it('refuses folders, binary files, huge files and pipes with a reason', async () => {
    tree.put('folder/x', 'x');
    tree.put('image.png', Buffer.from([0x89, 0x50, 0, 1, 2]));
    tree.put('huge.log', Buffer.alloc(11 * 1024 * 1024, 'x'));
    execFileSync('mkfifo', [join(tree.path, 'pipe')]);
    expect((await tree.run('read', { path: 'folder' })).text).toContain('is a folder, not a file: use list');
    expect((await tree.run('read', { path: 'image.png' })).text).toContain('is a binary file (5 bytes)');
    expect((await tree.run('read', { path: 'huge.log' })).text).toContain('has 11.0 MiB, more than the 10.0 MiB');
    expect((await tree.run('read', { path: 'pipe' })).text).toContain('is no regular file');
  });

  it('shows what is no UTF-8 as far as it can, and says so', async () => {
    tree.put('latin1.txt', Buffer.from('caf\xe9\n', 'latin1'));
    expect((await tree.run('read', { path: 'latin1.txt' })).text).toMatch(/caf\uFFFD\n\[the file is not UTF-8/);
  });

  it('leaves out a byte order mark', async () => {
    tree.put('bom.txt', '\uFEFFhello\n');
    expect((await tree.run('read', { path: 'bom.txt' })).text).toBe('     1\thello');
  });

  it('names similar files when there is none', async () => {
    tree.put('src/server/index.ts', 'x');
    tree.put('src/config.test.ts', 'x');
    tree.put('README.md', 'x');
    expect((await tree.run('read', { path: 'server/index.ts' })).text).toBe(
      'server/index.ts does not exist. Did you mean src/server/index.ts?',
    );
    expect((await tree.run('read', { path: 'readme.md' })).text).toContain('Did you mean README.md?');
    expect((await tree.run('read', { path: 'src/confg.test.ts' })).text).toContain('Did you mean src/config.test.ts?');
    const none = await tree.run('read', { path: 'quite/other.rs' });
    expect(none.text).toBe('quite/other.rs does not exist: use glob or list to find it');
    expect(none.errorCode).toBe('not_found');
  });
});

describe('list', () => {
  beforeEach(() => {
    tree.put('.gitignore', 'node_modules/\n*.log\n');
    tree.put('src/a.ts', 'x');
    tree.put('src/deep/b.ts', 'x');
    tree.put('node_modules/x/index.js', 'x');
    tree.put('debug.log', 'x');
    symlinkSync('src', join(tree.path, 'sources'));
  });

  it('shows one level, folders with a slash, links with their end, ignored ones marked', async () => {
    expect((await tree.run('list', {})).text.split('\n')).toEqual([
      '.gitignore',
      'debug.log (ignored)',
      'node_modules/ (ignored or empty)',
      'sources -> src',
      'src/',
    ]);
  });

  it('goes deeper when asked, but not into ignored folders', async () => {
    const { text } = await tree.run('list', { depth: 3 });
    expect(text).toContain('src/\n  a.ts\n  deep/\n    b.ts');
    expect(text).not.toContain('index.js');
    expect((await tree.run('list', { path: 'node_modules', depth: 2 })).text).toBe('x/\n  index.js');
  });

  it('refuses files and what does not exist', async () => {
    expect((await tree.run('list', { path: 'src/a.ts' })).text).toContain('is a file: use read');
    expect((await tree.run('list', { path: 'nope' })).errorCode).toBe('not_found');
  });

  it('says when there are too many', async () => {
    for (let index = 0; index < 1_100; index++) tree.put(`many/f${index}`, '');
    const outcome = await tree.run('list', { path: 'many' });
    expect(outcome.truncated).toBe(true);
    expect(outcome.text.split('\n')).toHaveLength(1_001);
  });
});

describe('glob', () => {
  beforeEach(() => {
    tree.put('.gitignore', 'dist\n');
    for (const path of ['a.ts', 'src/b.ts', 'src/deep/c.test.tsx', '.github/ci.yml', 'dist/a.ts', 'we[ir]d/d.ts']) {
      tree.put(path, 'x');
    }
  });
  const found = async (pattern: string, path?: string) =>
    (await tree.run('glob', { pattern, ...(path !== undefined && { path }) })).text.split('\n');

  it('finds by name in any folder, by path, and by alternatives', async () => {
    expect(await found('*.ts')).toEqual(['a.ts', 'src/b.ts', 'we[ir]d/d.ts']);
    expect(await found('src/**/*.{ts,tsx}')).toEqual(['src/b.ts', 'src/deep/c.test.tsx']);
    expect(await found('./src/*.ts')).toEqual(['src/b.ts']);
    expect(await found('**/*.yml')).toEqual(['.github/ci.yml']);
    expect(await found('*.ts', 'we[ir]d')).toEqual(['we[ir]d/d.ts']);
    expect(await found('*.rs')).toEqual(['[no file matches *.rs]']);
  });

  it('looks into ignored folders only when they are named', async () => {
    expect(await found('*.ts', 'dist')).toEqual(['dist/a.ts']);
  });

  it('leaves out files that were deleted', async () => {
    execFileSync('git', ['add', 'a.ts'], { cwd: tree.path });
    rmSync(join(tree.path, 'a.ts'));
    expect(await found('a.ts')).toEqual(['dist/a.ts'].slice(1).concat('[no file matches a.ts]'));
  });

  it('refuses patterns that lead out or stand for too many', async () => {
    expect((await tree.run('glob', { pattern: '../outside/*' })).errorCode).toBe('invalid_input');
    expect((await tree.run('glob', { pattern: '{a,b}'.repeat(10) })).text).toContain('more than 64');
  });
});

describe('grep', () => {
  const grep = async (input: Record<string, string | number | boolean>) => (await tree.run('grep', input)).text;

  beforeEach(() => {
    tree.put('.gitignore', 'dist\n');
    tree.put('src/a.ts', 'import x\r\nconst needle = 1;\r\nexport x\r\n');
    tree.put('src/b.js', 'no\nNeedle(2)\n');
    tree.put('dist/c.js', 'needle in dist\n');
    tree.put('image.bin', Buffer.from('needle\0'));
  });

  it('shows path, line and text, in tracked and new files, without ignored and binary ones', async () => {
    execFileSync('git', ['add', 'src/a.ts'], { cwd: tree.path });
    expect(await grep({ pattern: 'needle' })).toBe('src/a.ts:2: const needle = 1;');
    expect(await grep({ pattern: 'needle', ignore_case: true })).toBe(
      'src/a.ts:2: const needle = 1;\nsrc/b.js:2: Needle(2)',
    );
    expect(await grep({ pattern: '(?i)NEEDLE', glob: '*.js' })).toBe('src/b.js:2: Needle(2)');
  });

  it('searches an ignored folder or file that is named', async () => {
    expect(await grep({ pattern: 'needle', path: 'dist' })).toBe('dist/c.js:1: needle in dist');
    expect(await grep({ pattern: 'needle', path: 'dist/c.js' })).toBe('dist/c.js:1: needle in dist');
  });

  it('shows lines around a match, and anchors at the ends of lines', async () => {
    expect(await grep({ pattern: '^const .*;$', context: 1 })).toBe(
      'src/a.ts-1- import x\nsrc/a.ts:2: const needle = 1;\nsrc/a.ts-3- export x\n--',
    );
  });

  it('can count by file', async () => {
    expect(await grep({ pattern: 'x', files_only: true })).toBe('src/a.ts (2)');
  });

  it('shows no more than asked, and says so', async () => {
    tree.put('many.txt', 'hit\n'.repeat(500));
    const outcome = await tree.run('grep', { pattern: 'hit', limit: 3 });
    expect(outcome.text.split('\n')).toEqual([
      'many.txt:1: hit',
      'many.txt:2: hit',
      'many.txt:3: hit',
      '[3 of at least 500 matching lines shown: use a narrower pattern, path or glob]',
    ]);
    expect(outcome.truncated).toBe(true);
  });

  it('names files that are too large, and says how many were searched in vain', async () => {
    tree.put('big.log', Buffer.alloc(6 * 1024 * 1024, 'needle\n'));
    expect(await grep({ pattern: 'nowhere' })).toBe('[no match in 3 files]\n[too large, not searched: big.log]');
  });

  it('shows whole words at the ends of that part, wherever it begins', async () => {
    const secret = 'sk-abcdefghijklmnopqrstuvwxyz0123456789';
    for (let at = 80; at < 480; at += 7) {
      tree.put(
        'one-line.json',
        JSON.stringify({
          a: 'x '.repeat(300),
          secret,
          b: `${'y '.repeat(at / 2)}needle`,
          secret2: secret,
          c: 'z '.repeat(300),
        }),
      );
      const text = await grep({ pattern: 'needle', path: 'one-line.json' });
      expect(text).toContain('needle');
      expect(text.replaceAll(secret, '')).not.toMatch(/sk-|abc|mno|789/);
    }
  });

  it('shows the part of a long line that matches', async () => {
    tree.put('min.js', `${'a'.repeat(3_000)}needle${'b'.repeat(3_000)}`);
    const text = await grep({ pattern: 'needle', path: 'min.js' });
    expect(text).toContain('aneedleb');
    expect(text.length).toBeLessThan(500);
  });

  it('says what is wrong with a pattern', async () => {
    const outcome = await tree.run('grep', { pattern: 'foo(' });
    expect(outcome).toMatchObject({ isError: true, errorCode: 'invalid_input' });
    expect(outcome.text).toContain('not a regular expression');
  });

  it('ends a pattern that never ends', async () => {
    tree.put('evil.txt', `${'a'.repeat(80)}!`);
    const outcome = await tree.run('grep', { pattern: '^(a+)+$' });
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toContain('took longer than');
  });

  it('passes over links that lead out, forbidden files and files that are gone', async () => {
    symlinkSync(join(tree.outside, 'secret.txt'), join(tree.path, 'link.txt'));
    symlinkSync(tree.outside, join(tree.path, 'link'));
    tree.put('gone.txt', 'needle');
    execFileSync('git', ['add', '-A'], { cwd: tree.path });
    rmSync(join(tree.path, 'gone.txt'));
    tree.put('locked.txt', 'needle');
    chmodSync(join(tree.path, 'locked.txt'), 0);
    expect(await grep({ pattern: 'secret' })).toMatch(/^\[no match in \d files\]$/);
  });

  it('stops when it is aborted', async () => {
    const abort = new AbortController();
    tree.put('evil.txt', `${'a'.repeat(80)}!`);
    const running = tree.run('grep', { pattern: '^(a+)+$' }, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped')), 300);
    await expect(running).rejects.toThrow('stopped');
  });
});
