import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPatch } from './patch-text.js';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const content = (path: string) => readFileSync(join(tree.path, path), 'utf8');
const patch = (...lines: string[]) => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const apply = (...lines: string[]) => tree.run('apply_patch', { patch: patch(...lines) });

describe('apply_patch', () => {
  it('adds, changes, moves and deletes files in one call', async () => {
    tree.put('a.txt', 'one\ntwo\nthree\n');
    tree.put('b.sh', 'echo old\n');
    chmodSync(join(tree.path, 'b.sh'), 0o755);
    tree.put('c.txt', 'gone\n');
    const outcome = await apply(
      '*** Add File: new/d.txt',
      '+first',
      '+',
      '+third',
      '*** Update File: a.txt',
      '@@',
      ' one',
      '-two',
      '+TWO',
      ' three',
      '*** Update File: b.sh',
      '*** Move to: bin/b.sh',
      '@@',
      '-echo old',
      '+echo new',
      '*** Delete File: c.txt',
    );
    expect(outcome).toMatchObject({ isError: false, mayHaveChangedFiles: true });
    expect(outcome.text).toBe('Added new/d.txt.\nChanged a.txt.\nMoved b.sh to bin/b.sh.\nDeleted c.txt.');
    expect(content('new/d.txt')).toBe('first\n\nthird\n');
    expect(content('a.txt')).toBe('one\nTWO\nthree\n');
    expect(content('bin/b.sh')).toBe('echo new\n');
    expect(statSync(join(tree.path, 'bin/b.sh')).mode & 0o777).toBe(0o755);
    expect([existsSync(join(tree.path, 'b.sh')), existsSync(join(tree.path, 'c.txt'))]).toEqual([false, false]);
  });

  it('changes nothing when one of several files does not fit', async () => {
    tree.put('a.txt', 'one\n');
    tree.put('b.txt', 'two\n');
    const outcome = await apply('*** Update File: a.txt', '-one', '+ONE', '*** Update File: b.txt', '-not there', '+x');
    expect(outcome).toMatchObject({ isError: true, mayHaveChangedFiles: false });
    expect(outcome.text).toContain('b.txt, change 1 of 1: these lines are not there: "not there"');
    expect(content('a.txt')).toBe('one\n');
  });

  it('finds a place by the line named after @@, and refuses one that is not clear', async () => {
    tree.put('a.ts', 'f() {\n  return 1;\n}\ng() {\n  return 1;\n}\n');
    const unclear = await apply('*** Update File: a.ts', '@@', '-  return 1;', '+  return 2;');
    expect(unclear.text).toContain('its lines are at 2 places (lines 2, 5)');
    await apply('*** Update File: a.ts', '@@ g() {', '-  return 1;', '+  return 2;');
    expect(content('a.ts')).toBe('f() {\n  return 1;\n}\ng() {\n  return 2;\n}\n');
  });

  it('applies several changes of a file in their order, each after the one before', async () => {
    tree.put('a.txt', 'x\na\nx\nb\nx\n');
    await apply('*** Update File: a.txt', '@@', ' a', '-x', '+1', '@@', ' b', '-x', '+2', '*** End of File');
    expect(content('a.txt')).toBe('x\na\n1\nb\n2\n');
  });

  it('keeps line ends and white space that it was not asked to change', async () => {
    tree.put('a.txt', 'one  \r\ntwo\r\nthree\r\n');
    await apply('*** Update File: a.txt', ' one', '-two', '+TWO', '+more');
    expect(content('a.txt')).toBe('one  \r\nTWO\r\nmore\r\nthree\r\n');
  });

  it('adds at the end, and keeps a file without a last line end so', async () => {
    tree.put('a.txt', 'one\n');
    tree.put('b.txt', 'one\ntwo');
    await apply('*** Update File: a.txt', '+two', '*** Update File: b.txt', ' one', '-two', '+TWO');
    expect([content('a.txt'), content('b.txt')]).toEqual(['one\ntwo\n', 'one\nTWO']);
  });

  it.each([
    ['../x.txt', 'path_outside_worktree'],
    ['.git/hooks/pre-commit', 'path_outside_worktree'],
    ['link/x.txt', 'path_outside_worktree'],
  ])('writes nothing at %s', async (path, errorCode) => {
    symlinkSync(tree.outside, join(tree.path, 'link'));
    for (const lines of [[`*** Add File: ${path}`, '+x'], [`*** Delete File: ${path}`]]) {
      expect(await apply(...lines)).toMatchObject({ isError: true, errorCode });
    }
    tree.put('ok.txt', 'x\n');
    const moved = await apply('*** Update File: ok.txt', `*** Move to: ${path}`, '-x', '+y');
    expect(moved).toMatchObject({ isError: true, errorCode });
    expect(content('ok.txt')).toBe('x\n');
  });

  it('does not write over a file that it was told to add or to move to', async () => {
    tree.put('a.txt', 'kept\n');
    tree.put('b.txt', 'b\n');
    expect((await apply('*** Add File: a.txt', '+x')).text).toContain('a.txt exists already');
    expect((await apply('*** Update File: b.txt', '*** Move to: a.txt', '-b', '+c')).isError).toBe(true);
    expect(content('a.txt')).toBe('kept\n');
  });

  it('names a file like the one that is missing', async () => {
    tree.put('src/config.ts', 'x\n');
    expect((await apply('*** Update File: config.ts', '-x', '+y')).text).toContain('src/config.ts');
  });
});

describe('a patch that cannot be read', () => {
  it.each([
    ['x', 'the first line must be'],
    ['*** Begin Patch\n*** Add File: a\n+x', 'the last line must be'],
    [patch(), 'it changes no file'],
    [patch('*** Add File: a', 'x'), 'must begin with "+"'],
    [patch('--- a/x', '+++ b/x'), 'here must be'],
    [patch('*** Update File: a'), 'no change of it follows'],
    [patch('*** Update File: a', '@@', ' same'), 'changes nothing'],
    [patch('*** Update File: a', '@@', '-x', '!y'), 'must begin with a space'],
    [patch('*** Update File: a', '-x', '+y', '*** Delete File: a'), 'a has two sections'],
  ])('says what is wrong with %j', (text, problem) => {
    const read = readPatch(text);
    expect(read.ok ? '' : read.problem).toContain(problem);
  });
});
