import { describe, expect, it } from 'vitest';
import { costWordsFrom } from './cost.js';

describe('what a run has cost', () => {
  it.each([
    ['metered', 20_000, '$0.0200'],
    ['reported', 20_000, '$0.0200 (cost as reported by the agent)'],
    ['unknown', 0, 'cost unknown'],
    ['unknown', 20_000, '$0.0200 and more (cost unknown)'],
  ] as const)('that is %s is said so', (source, micros, words) => {
    expect(costWordsFrom(source, { micros, estimated: false })).toBe(words);
  });
});
