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

  it('are looked at without waiting for long, and without taking their failure', async () => {
    const checkpoints = new BackgroundCheckpoints();
    expect(await checkpoints.isMade('a', 1_000)).toBe(true);
    checkpoints.start('a', () => sleep(20));
    expect(await checkpoints.isMade('a', 5_000)).toBe(true);
    let end: () => void = () => undefined;
    checkpoints.start('b', () => new Promise((resolve) => (end = resolve)));
    expect(await checkpoints.isMade('b', 20)).toBe(false);
    end();
    expect(await checkpoints.isMade('b', 5_000)).toBe(true);
    checkpoints.start('c', () => Promise.reject(new Error('no room')));
    expect(await checkpoints.isMade('c', 5_000)).toBe(false);
    await expect(checkpoints.settled('c')).rejects.toThrow('no room');
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
