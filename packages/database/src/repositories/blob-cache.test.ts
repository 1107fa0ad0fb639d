import { describe, expect, it } from 'vitest';
import { BlobCache } from './blob-cache.js';

describe('the blob cache', () => {
  it('drops what was used longest ago when there is no room', () => {
    const cache = new BlobCache(10);
    cache.keep('a', 'aaaa');
    cache.keep('b', 'bbbb');
    expect(cache.get('a')).toBe('aaaa');
    cache.keep('c', 'cccc');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['aaaa', undefined, 'cccc']);
  });

  it('counts a text once, however often it is kept, and keeps none that would take all the room', () => {
    const cache = new BlobCache(10);
    for (let times = 0; times < 5; times++) cache.keep('a', 'aaaa');
    cache.keep('b', 'bbbbbb');
    cache.keep('c', 'c'.repeat(11));
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['aaaa', 'bbbbbb', undefined]);
  });
});
