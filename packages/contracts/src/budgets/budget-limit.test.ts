import { describe, expect, it } from 'vitest';
import { assertBudgetLimit, maxBudgetLimit } from './budget-limit.js';

const messageFor = (micros: number | null): string => {
  try {
    assertBudgetLimit(micros);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_input' });
    return (error as Error).message;
  }
};

describe('a limit', () => {
  it.each([null, 1, 5_000_000, maxBudgetLimit])('of %s micro-USD is taken', (micros) => {
    expect(messageFor(micros)).toBe('');
  });

  it.each([
    [0, 'pause or cancel'],
    [-1, 'pause or cancel'],
    [Number.NaN, 'must be a number'],
    [Number.POSITIVE_INFINITY, 'must be a number'],
    [0.5, 'at most six decimals'],
    [maxBudgetLimit + 1, '$1000000.00 at most'],
  ])('of %s is refused with the way out', (micros, wayOut) => {
    expect(messageFor(micros)).toContain(wayOut);
  });
});
