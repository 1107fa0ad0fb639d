import { IdPrefix, idPrefix } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { createIdMint, mintedAt, newId } from './new-id.js';

describe('new ids', () => {
  it.each(Object.values(IdPrefix))('are well-formed for %s', (prefix) => {
    const id = newId(prefix);
    expect(idPrefix(id)).toBe(prefix);
    expect(id).toHaveLength(prefix.length + 27);
  });

  it('sort by the time they were minted, also within one millisecond', () => {
    const ids = Array.from({ length: 5_000 }, () => newId('task'));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('keep rising when the clock steps back', () => {
    const times = [2_000, 1_000, 1_000, 2_001];
    const mint = createIdMint(() => times.shift() ?? 0);
    const ids = [mint('okr'), mint('okr'), mint('okr'), mint('okr')];
    expect(ids.toSorted()).toEqual(ids);
  });

  it('carry the time in their first ten characters', () => {
    const mint = createIdMint(() => 2 ** 48 - 1);
    expect(mint('run').slice(4, 14)).toBe('7zzzzzzzzz');
  });

  it('tell when they were minted', () => {
    const now = Date.now();
    expect(mintedAt(createIdMint(() => now)('repo'))).toEqual(new Date(now));
    expect(mintedAt(createIdMint(() => 2 ** 48 - 1)('okr')).getTime()).toBe(2 ** 48 - 1);
  });

  it('differ between two processes within the same millisecond', () => {
    const [one, other] = [createIdMint(() => 5)('run'), createIdMint(() => 5)('run')];
    expect(one.slice(0, 14)).toBe(other.slice(0, 14));
    expect(one).not.toBe(other);
  });
});
