import { describe, expect, it } from 'vitest';
import { CappedText } from './capped-text.js';

function capped(capBytes: number, pieces: readonly string[]): CappedText {
  const text = new CappedText(capBytes);
  for (const piece of pieces) text.add(piece);
  return text;
}

describe('CappedText', () => {
  it('keeps everything up to the cap, however it arrives', () => {
    const text = capped(10, ['01', '23456', '', '789']);
    expect(text.toString()).toBe('0123456789');
    expect(text.truncated).toBe(false);
  });

  it('cuts the middle beyond the cap and says how much', () => {
    const text = capped(8, ['a b', 'cdefghi', 'jkl m']);
    expect(text.toString()).toBe('a \n[... 11 bytes cut ...]\n m');
    expect(text.truncated).toBe(true);
  });

  it('never cuts through a character', () => {
    for (let cap = 4; cap < 24; cap++) {
      expect(capped(cap, ['€😀ü'.repeat(10)]).toString()).not.toContain('\uFFFD');
    }
  });

  it('leaves no part of a word beside a cut, wherever it is', () => {
    const secret = 'sk-abcdefghijklmnopqrstuvwxyz0123456789';
    for (let cap = 20; cap < 200; cap++) {
      const text = capped(cap, [`begin ${secret} ${secret} middle ${secret} end`]).toString();
      expect(text.replaceAll(secret, '')).not.toMatch(/sk-|abc|mno|789/);
    }
  });

  it('gives the same text for a million small pieces as for one large one', () => {
    const pieces = Array.from({ length: 200_000 }, (_, n) => String(n % 10));
    expect(capped(1_000, pieces).toString()).toBe(capped(1_000, [pieces.join('')]).toString());
  });

  it('can be read more than once and while it grows', () => {
    const text = capped(6, ['ab def']);
    expect(text.toString()).toBe(text.toString());
    text.add('g h');
    expect(text.toString()).toBe('ab \n[... 4 bytes cut ...]\n h');
  });
});
