import { describe, expect, it } from 'vitest';
import { summaryOf } from './summary-of.js';

describe('a summary', () => {
  it('is one line', () => expect(summaryOf(' Add\n\ttwo  lines\u0007 ')).toBe('Add two lines'));

  it('has at most the 400 bytes that Temporal takes, whatever its characters', () => {
    expect(Buffer.byteLength(summaryOf('𝄐'.repeat(5_000)))).toBeLessThanOrEqual(400);
    expect(summaryOf('x'.repeat(101))).toMatch(/^x{99}…$/);
  });
});
