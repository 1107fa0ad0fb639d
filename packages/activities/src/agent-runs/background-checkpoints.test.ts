import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BackgroundCheckpoints } from './background-checkpoints.js';

describe('checkpoints in the background', () => {
  it('are waited for by whoever comes next in that worktree, and by nobody else', async () => {
    const checkpoints = new BackgroundCheckpoints();
    let made = false;
    checkpoints.start('a', async () => {
      await sleep(50);
      made = true;
    });
    await checkpoints.settled('b');
    expect(made).toBe(false);
    await checkpoints.settled('a');
    expect(made).toBe(true);
  });

  it('tell their failure once, so that a retry is not held up by it', async () => {
    const checkpoints = new BackgroundCheckpoints();
    checkpoints.start('a', () => Promise.reject(new Error('no room')));
    await expect(checkpoints.settled('a')).rejects.toThrow('no room');
    await checkpoints.settled('a');
  });

  it('that fail unheard neither end the process nor keep others waiting', async () => {
    const checkpoints = new BackgroundCheckpoints();
    checkpoints.start('a', () => Promise.reject(new Error('no room')));
    let made = false;
    checkpoints.start('b', async () => {
      await sleep(20);
      made = true;
    });
    await checkpoints.idle();
    expect(made).toBe(true);
  });
});
