import { DomainError } from '../errors.js';
import { formatUsd, type MicroUsd, microsPerUsd } from '../money.js';

/** No limit is larger: a larger one is a slip of the pen, and as good as none. */
export const maxBudgetLimit: MicroUsd = 1_000_000 * microsPerUsd;

/**
 * @param micros null: no limit
 * @throws DomainError `invalid_input` for what is no amount that can be spent
 */
export function assertBudgetLimit(micros: number | null): asserts micros is MicroUsd | null {
  if (micros === null) return;
  const problem = problemWith(micros);
  if (problem) throw new DomainError('invalid_input', `limitMicros ${problem}`);
}

function problemWith(micros: number): string | null {
  if (!Number.isFinite(micros)) return 'must be a number of millionths of a dollar; null takes the limit away';
  if (micros <= 0) return 'must be more than nothing; to stop a run, pause or cancel it; null takes the limit away';
  if (!Number.isInteger(micros)) {
    return 'must be whole millionths of a dollar: an amount in dollars has at most six decimals';
  }
  if (micros > maxBudgetLimit) return `may be ${formatUsd(maxBudgetLimit)} at most; null is no limit at all`;
  return null;
}
