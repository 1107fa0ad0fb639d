import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
  tree.put('a.txt', 'one\ntwo\nthree\n');
});
afterEach(() => tree.remove());

const content = () => readFileSync(join(tree.path, 'a.txt'), 'utf8');
const edits = (...pairs: [string, string][]) => ({
  path: 'a.txt',
  edits: pairs.map(([old_string, new_string]) => ({ old_string, new_string })),
});

describe('multi_edit', () => {
  it('makes each replacement on what those before it made', async () => {
    const outcome = await tree.run('multi_edit', edits(['one', 'eins'], ['eins\ntwo', 'eins\nzwei']));
    expect(outcome).toMatchObject({ isError: false, mayHaveChangedFiles: true });
    expect(content()).toBe('eins\nzwei\nthree\n');
  });

  it('makes none when one does not fit, and says which', async () => {
    const outcome = await tree.run('multi_edit', edits(['one', 'eins'], ['four', 'vier']));
    expect(outcome).toMatchObject({ isError: true, mayHaveChangedFiles: false });
    expect(outcome.text).toContain('Nothing was changed, because of edit 2 of 2: old_string was not found in a.txt');
    expect(content()).toBe('one\ntwo\nthree\n');
  });

  it('tells after a lost attempt that all were made', async () => {
    const order = edits(['one', 'eins'], ['two', 'zwei']);
    await tree.run('multi_edit', order);
    const again = await tree.run('multi_edit', order, { retry: true });
    expect(again).toMatchObject({ isError: false, mayHaveChangedFiles: true });
    expect(again.text).toContain('already applied');
    expect(content()).toBe('eins\nzwei\nthree\n');
  });

  it('makes them after a lost attempt that had not', async () => {
    await tree.run('multi_edit', edits(['one', 'eins'], ['two', 'zwei']), { retry: true });
    expect(content()).toBe('eins\nzwei\nthree\n');
  });

  it('makes nothing twice when it cannot tell', async () => {
    const order = edits(['one', 'one one'], ['three', 'drei']);
    await tree.run('multi_edit', order);
    const again = await tree.run('multi_edit', order, { retry: true });
    expect(again).toMatchObject({ isError: true });
    expect(content()).toBe('one one\ntwo\ndrei\n');
  });
});
