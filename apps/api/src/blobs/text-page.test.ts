import { describe, expect, it } from 'vitest';
import { textPage } from './text-page.js';

describe('a page of a text', () => {
  it('goes through the whole text, whatever the size of a page, and cuts no character in two', () => {
    const text = 'a𝄐b𝄐𝄐c';
    for (const limit of [2, 3, 4, 5, 100]) {
      const pages: string[] = [];
      for (let offset: number | null = 0; offset !== null;) {
        const page = textPage(text, { offset, limit });
        pages.push(page.text);
        offset = page.nextOffset;
      }
      expect(pages.join('')).toBe(text);
      for (const page of pages) expect(page).not.toMatch(/\p{Surrogate}/u);
    }
  });

  it('is empty behind the end', () => {
    expect(textPage('abc', { offset: 10, limit: 10 })).toEqual({ text: '', offset: 10, nextOffset: null });
  });

  it('refuses an offset or a limit out of range', () => {
    for (const args of [
      { offset: -1, limit: 10 },
      { offset: 0, limit: 1 },
      { offset: 0, limit: 1_000_000 },
    ]) {
      expect(() => textPage('abc', args)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    }
  });
});
