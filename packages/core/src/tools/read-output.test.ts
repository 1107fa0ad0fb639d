import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorktree, type TestWorktree } from './worktree.fixture.js';

let tree: TestWorktree;
beforeEach(() => {
  tree = createTestWorktree();
});
afterEach(() => tree.remove());

const id = 'a'.repeat(64);
const whole = Array.from(
  { length: 3_000 },
  (_, index) => `line ${index + 1}${index === 1_999 ? ' Error: here' : ''}`,
).join('\n');
const read = (input: object, outputCapBytes = 65_536) =>
  tree.run('read_output', { id, ...input }, { outputCapBytes, keptOutput: async (of) => (of === id ? whole : null) });

describe('read_output', () => {
  it('shows what was left out, line by line, and how to go on', async () => {
    const { text, truncated } = await read({ offset: 1_500, limit: 2 });
    expect(text).toBe('  1500\tline 1500\n  1501\tline 1501\n[1499 more of 3000 lines; go on with offset 1502]');
    expect(truncated).toBe(true);
    expect((await read({ offset: 3_000 })).text).toBe('  3000\tline 3000');
  });

  it('finds lines by a text', async () => {
    expect((await read({ pattern: 'error:' })).text).toBe('  2000\tline 2000 Error: here');
    expect((await read({ pattern: 'nowhere' })).text).toBe('[no line]');
  });

  it('stays within what may be shown', async () => {
    const { text } = await read({ limit: 3_000 }, 2_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_000);
    expect(text).toMatch(/go on with offset \d+\]$/);
  });

  it('knows no other ids', async () => {
    expect(await read({ id: 'b'.repeat(64) })).toMatchObject({ isError: true, errorCode: 'not_found' });
    expect(await read({ id: '../x' })).toMatchObject({ isError: true, errorCode: 'tool_input_invalid' });
  });

  it('has all that a long command printed', async () => {
    const outcome = await tree.run('bash', { command: 'seq 1 100000' }, { outputCapBytes: 4_096 });
    expect(Buffer.byteLength(outcome.text)).toBeLessThanOrEqual(4_096);
    expect(outcome.whole?.split('\n')).toHaveLength(100_001);
  });
});
