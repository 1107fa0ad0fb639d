import { describe, expect, it } from 'vitest';
import { storable, storableText } from './storable.js';

describe('storable', () => {
  it('replaces what Postgres cannot hold and nothing else', () => {
    expect(storableText('a\0b \ud834 \udd1e 𝄐 é')).toBe('a\uFFFDb \uFFFD \uFFFD 𝄐 é');
  });

  it('reaches into arrays, members and keys', () => {
    expect(storable({ list: ['\0', { 'k\0': '\ud800' }], n: 1, none: null })).toEqual({
      list: ['\uFFFD', { 'k\uFFFD': '\uFFFD' }],
      n: 1,
      none: null,
    });
  });

  it('leaves dates, buffers and undefined members as they are', () => {
    const value = { at: new Date(0), bytes: new Uint8Array([0]), big: 1n, nothing: undefined };
    const result = storable(value);
    expect(result).toEqual(value);
    expect(result.at).toBe(value.at);
    expect('nothing' in result).toBe(true);
  });
});
