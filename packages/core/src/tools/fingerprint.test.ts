import { describe, expect, it } from 'vitest';
import { contentFingerprint, errorFingerprint } from './fingerprint.js';

describe('the fingerprint of an error', () => {
  it.each([
    ['Tests 1 failed in 1.23 s', 'Tests 1 failed in 0.9s'],
    ['at 10:02:11.5 it broke', 'at 11:40:00.1 it broke'],
    ['segfault at 0x7ffe12', 'segfault at 0x1'],
  ])('is the same for %j and %j', (one, other) => {
    expect(errorFingerprint('bash', one)).toBe(errorFingerprint('bash', other));
  });

  it.each([
    ['expected 3 to be 4', 'expected 3 to be 5'],
    ['line 12: unexpected', 'line 13: unexpected'],
    ['2 failed', '1 failed'],
  ])('is another for %j and %j', (one, other) => {
    expect(errorFingerprint('bash', one)).not.toBe(errorFingerprint('bash', other));
  });

  it('is another for another tool', () => {
    expect(errorFingerprint('bash', 'x')).not.toBe(errorFingerprint('edit', 'x'));
  });
});

describe('the fingerprint of what was written', () => {
  it('tells files, contents and their absence apart', () => {
    const all = [
      [{ path: 'a', text: 'x' }],
      [{ path: 'b', text: 'x' }],
      [{ path: 'a', text: 'y' }],
      [{ path: 'a', text: null }],
      [{ path: 'a', text: 'null' }],
    ];
    expect(new Set(all.map(contentFingerprint)).size).toBe(all.length);
  });
});
