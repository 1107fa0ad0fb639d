import { describe, expect, it } from 'vitest';
import { capText } from './cap-text.js';

describe('capText', () => {
  it('leaves a text that fits as it is', () => {
    expect(capText('häuser', 7)).toEqual({ text: 'häuser', truncated: false });
  });

  it('keeps head and tail within the cap, without broken characters', () => {
    for (let cap = 200; cap < 208; cap++) {
      const { text, truncated } = capText(`A ${'😀ü'.repeat(500)} Z`, cap);
      expect(truncated).toBe(true);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(cap);
      expect(text).toMatch(/^A[^\uFFFD]*\n\[\.\.\. \d+ bytes left out here \.\.\.\]\n[^\uFFFD]*Z$/);
      expect(capText(`A ${'key '.repeat(300)}Z`, cap).text).toMatch(/ \n.*\n Z$|key \n.*\n key/);
    }
  });

  it('takes out what no database text can hold', () => {
    expect(capText('a\0b\ud800c', 100).text).toBe('a\uFFFDb\uFFFDc');
  });
});
