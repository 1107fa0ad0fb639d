import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WorkClock } from './work-clock.js';

describe('the clock of a stretch', () => {
  it('tells when the time is up, once, and not while a person is waited for', async () => {
    let over = 0;
    const clock = new WorkClock(200, () => over++);
    const [one, other] = [clock.during(() => sleep(600)), clock.during(() => sleep(300))];
    await Promise.all([one, other]);
    expect(over).toBe(0);
    expect(clock.isOver).toBe(false);
    expect(clock.workedMs).toBeLessThan(200);
    await sleep(400);
    expect(over).toBe(1);
    expect(clock.isOver).toBe(true);
  });

  it('without a limit tells nothing', async () => {
    const clock = new WorkClock(Infinity, () => expect.unreachable());
    await sleep(20);
    expect(clock.isOver).toBe(false);
    clock.stop();
  });

  it('tells nothing once it was stopped', async () => {
    const clock = new WorkClock(50, () => expect.unreachable());
    clock.stop();
    await sleep(150);
    expect(clock.isOver).toBe(true);
  });
});
