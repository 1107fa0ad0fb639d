import { describe, expect, it } from 'vitest';
import type { WaitingOn, WaitKind } from './waiting.js';
import { summariseWaiting } from './waiting-summary.js';

const wait = (kind: WaitKind): WaitingOn => ({
  kind,
  since: '2026-01-31T12:00:00.000Z',
  detail: kind,
  releasableBy: [],
});

describe('what a whole waits for', () => {
  it('is nothing as long as one part is at work', () => {
    expect(summariseWaiting([wait('human'), wait('retry'), wait('work')])?.kind).toBe('work');
  });

  it('is a person or money before a step that keeps failing, and that before what passes by itself', () => {
    const kinds: WaitKind[] = ['checks', 'rate_limit', 'retry', 'budget', 'human'];
    const told = kinds.map((_, more) => summariseWaiting(kinds.slice(0, more + 1).map(wait))?.kind);
    expect(told).toEqual(kinds);
  });
});
