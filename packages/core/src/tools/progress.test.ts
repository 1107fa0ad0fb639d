import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

describe('what people who follow a run are told', () => {
  it('is where the list of work stands', async () => {
    const items = [
      { title: 'Read the parser', state: 'done' },
      { title: 'Write the test', state: 'in_progress' },
      { title: 'Mend it', state: 'pending' },
    ];
    expect(await tree.run('todo', { items })).toMatchObject({
      isError: false,
      mayHaveChangedFiles: false,
      text: '[x] Read the parser\n[>] Write the test\n[ ] Mend it',
      note: '1 of 3 done, now: Write the test',
    });
  });

  it('is not two things at once', async () => {
    const items = ['a', 'b'].map((title) => ({ title, state: 'in_progress' }));
    expect(await tree.run('todo', { items })).toMatchObject({ isError: true, errorCode: 'tool_input_invalid' });
  });

  it('is a sentence of the agent', async () => {
    expect(await tree.run('report_progress', { message: ' Found it. ' })).toMatchObject({ note: 'Found it.' });
    expect(await tree.run('report_progress', { message: '  ' })).toMatchObject({ isError: true });
  });
});
