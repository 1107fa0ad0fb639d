import { silentAfterMs, type WaitingOn } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { believed } from './lost-worker.js';

const waiting: WaitingOn = {
  kind: 'work',
  since: '2026-11-26T10:00:00.000Z',
  detail: 'The agent is at work.',
  releasableBy: ['fermata'],
};
const lastSeenAt = new Date('2026-11-26T10:05:00.000Z');
const alive = { id: 'a', name: 'box', version: '1', startedAt: lastSeenAt, lastSeenAt, stoppedAt: null, silentMs: 10 };
const silent = { ...alive, id: 'b', silentMs: silentAfterMs };
const stopped = { ...alive, id: 'c', stoppedAt: new Date('2026-11-26T10:06:00.000Z') };

describe('an item that is at work', () => {
  it('is believed while its host is heard of, or any when it is bound to none', () => {
    expect(believed(waiting, { host: 'a' }, [alive, silent])).toBe(waiting);
    expect(believed(waiting, { host: null }, [silent, alive])).toBe(waiting);
  });

  it('waits for its worker when that one is silent, whoever else is alive', () => {
    expect(believed(waiting, { host: 'b' }, [alive, silent])).toEqual({
      kind: 'worker',
      since: lastSeenAt.toISOString(),
      detail: 'Its worker (box, host b) has not been heard of since. It was at work: The agent is at work.',
      releasableBy: ['operator'],
    });
  });

  it('waits for a worker when all are silent, stopped or were never heard of', () => {
    expect(believed(waiting, { host: null }, [silent, stopped])).toMatchObject({ kind: 'worker' });
    expect(believed(waiting, { host: 'c' }, [alive, stopped])).toMatchObject({
      kind: 'worker',
      since: '2026-11-26T10:06:00.000Z',
      detail: expect.stringContaining('was stopped') as string,
    });
    expect(believed(waiting, { host: 'x' }, [alive])).toMatchObject({ kind: 'worker', since: waiting.since });
  });
});

it('what waits for something else, or for nothing, is left as it is', () => {
  const human: WaitingOn = { ...waiting, kind: 'human' };
  expect(believed(human, { host: 'b' }, [silent])).toBe(human);
  expect(believed(null, { host: 'b' }, [silent])).toBeNull();
});
