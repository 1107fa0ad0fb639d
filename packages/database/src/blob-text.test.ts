import { describe, expect, it } from 'vitest';
import { decodeBlobText, encodeBlobText } from './blob-text.js';

describe('blob text', () => {
  it.each(['', 'plain é 𝄐', 'a\0b', '\ud834', '\udd1e\ud834', '\uFDD0', '\uFDD00000', '\uFDD0\0\uFDD0ab', '\uFFFD'])(
    'comes back as it was: %j',
    (text) => {
      const stored = encodeBlobText(text);
      expect(stored).not.toMatch(/\0|\p{Surrogate}/u);
      expect(decodeBlobText(stored)).toBe(text);
    },
  );

  it('is stored as it is when there is nothing to escape', () => {
    expect(encodeBlobText('line\n\ttab \u0007 𝄐')).toBe('line\n\ttab \u0007 𝄐');
  });
});
