import { describe, expect, it } from 'vitest';
import { wholeWordsFromStart, wholeWordsToEnd } from './whole-words.js';

const secret = 'sk-ant-api03-abc/def+ghi=_~';

describe('a text that is cut', () => {
  it.each([' ', '\n', '\t', '"', "'", '`'])('has no part of a word left beside %j, wherever the cut is', (gap) => {
    for (let at = 1; at <= secret.length; at++) {
      expect(wholeWordsToEnd(`one two${gap}${secret.slice(0, at)}`)).toBe(`one two${gap}`);
      expect(wholeWordsFromStart(`${secret.slice(-at)}${gap}one two`)).toBe(`${gap}one two`);
    }
  });

  it('stays as it is where a gap is at its end, or it is empty', () => {
    for (const text of ['', 'one ', 'one"', '\n']) expect(wholeWordsToEnd(text)).toBe(text);
    for (const text of ['', ' one', '"one', '\n']) expect(wholeWordsFromStart(text)).toBe(text);
  });

  it('keeps a word that is longer than a key of any provider', () => {
    for (const [length, kept] of [
      [512, ''],
      [513, 'x'.repeat(513)],
    ] as const) {
      expect(wholeWordsToEnd(`one ${'x'.repeat(length)}`)).toBe(`one ${kept}`);
      expect(wholeWordsFromStart(`${'x'.repeat(length)} one`)).toBe(`${kept} one`);
    }
  });
});
