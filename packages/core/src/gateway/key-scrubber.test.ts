import { describe, expect, it } from 'vitest';
import { KeyScrubber } from './key-scrubber.js';

const key = 'sk-abcabd';
const text = `before ${key} between ${key}${key} sk-abc after sk-abca`;
const clean = `before ********* between ****************** sk-abc after sk-abca`;

describe('taking a key out of what passes', () => {
  it('finds it wherever the bytes are cut, and keeps every length', () => {
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 1) {
      const scrubber = new KeyScrubber(key);
      const out: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) out.push(scrubber.take(bytes.subarray(at, at + size)));
      expect(Buffer.concat([...out, scrubber.rest()]).toString()).toBe(clean);
    }
  });

  it('holds nothing back that cannot become the key', () => {
    expect(new KeyScrubber(key).take(Buffer.from('all of this goes on')).toString()).toBe('all of this goes on');
  });
});
