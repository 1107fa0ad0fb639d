import { expect, it } from 'vitest';
import { runProcess } from '../processes/index.js';
import { createTestWorktree } from './worktree.fixture.js';

it('git_diff leaves out of a long diff once what does not fit, and says so', async () => {
  const tree = createTestWorktree();
  try {
    tree.put('long.txt', 'one line of it\n'.repeat(1_000));
    const diff = async ({ capBytes = 0 }: { capBytes?: number }) => {
      const { stdout, truncated } = await runProcess({
        ...{ command: 'git', args: ['diff', '--no-index', '/dev/null', 'long.txt'] },
        ...{ cwd: tree.path, env: { PATH: process.env['PATH'] ?? '' }, outputCapBytes: capBytes },
      });
      return { patch: stdout, truncated, files: [] };
    };
    const { text, truncated } = await tree.run('git_diff', {}, { diff, outputCapBytes: 4_096 });
    expect(truncated).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(text.match(/^\[.*\]$/gm)).toEqual([expect.stringMatching(/^\[\.\.\. \d+ bytes cut \.\.\.\]$/)]);
  } finally {
    tree.remove();
  }
});
