import { describe, expect, it } from 'vitest';
import { createBatchLoader } from './batch-loader.js';

function recording() {
  const batches: string[][] = [];
  const load = createBatchLoader(async (keys) => {
    batches.push([...keys]);
    if (keys.includes('broken')) throw new Error('gone');
    return new Map(keys.filter((key) => key !== 'unknown').map((key) => [key, key.toUpperCase()]));
  });
  return { batches, load };
}

describe('a batch loader', () => {
  it('fetches together what is asked for in one turn, each key once', async () => {
    const { batches, load } = recording();
    const later = Promise.resolve().then(() => load('c'));
    expect(await Promise.all([load('a'), load('b'), load('a'), later])).toEqual(['A', 'B', 'A', 'C']);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('remembers what it fetched and fetches only what is new', async () => {
    const { batches, load } = recording();
    await load('a');
    expect(await Promise.all([load('a'), load('b')])).toEqual(['A', 'B']);
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('has nothing for a key that is not there', async () => {
    expect(await recording().load('unknown')).toBeUndefined();
  });

  it('fails everybody in a batch that failed', async () => {
    const { load } = recording();
    const all = await Promise.allSettled([load('a'), load('broken')]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
