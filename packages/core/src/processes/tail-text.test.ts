import { describe, expect, it } from 'vitest';
import { TailText } from './tail-text.js';

function tailOf(capBytes: number, pieces: readonly string[]): TailText {
  const text = new TailText(capBytes);
  for (const piece of pieces) text.add(piece);
  return text;
}

describe('TailText', () => {
  it('keeps everything up to the cap, and the end of what is longer', () => {
    expect(tailOf(5, ['ab', 'cde']).toString()).toBe('abcde');
    expect(tailOf(5, ['ab', 'cde']).truncated).toBe(false);
    expect(tailOf(5, ['ab', 'cdef']).toString()).toBe('bcdef');
    expect(tailOf(5, ['ab', 'cdef']).truncated).toBe(true);
  });

  it('never begins inside a character, and never holds more than the cap', () => {
    for (let cap = 1; cap < 24; cap++) {
      const kept = tailOf(cap, ['€😀ü'.repeat(10)]).toString();
      expect(kept).not.toContain('\uFFFD');
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(cap);
    }
  });

  it('gives the same text for a hundred thousand small pieces as for one large one', () => {
    const pieces = Array.from({ length: 100_000 }, (_, n) => String(n % 10));
    expect(tailOf(1_000, pieces).toString()).toBe(tailOf(1_000, [pieces.join('')]).toString());
  });
});
