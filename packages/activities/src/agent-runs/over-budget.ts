import { formatUsd } from '@fermata/contracts';
import type { BudgetRefusal } from '@fermata/database';

/** Why a call is not made, in a sentence with the amounts. */
export interface OverBudget {
  budgetId: string;
  detail: string;
  /** Absent: only a raise helps. */
  askAgainInMs?: number;
}

/** Other calls give back what they do not need, and nobody tells those who wait for it: they ask again. */
const askAgainInMs = 5_000;

/** @param micros what the call may cost */
export function overBudget(
  { budgetId, limitMicros, spentMicros, heldMicros }: BudgetRefusal,
  micros: number,
): OverBudget {
  const left = formatUsd(Math.max(0, limitMicros - spentMicros - heldMicros));
  const need = `The next call may cost ${formatUsd(micros)}; the budget has ${left} of ${formatUsd(limitMicros)} left`;
  if (spentMicros + micros > limitMicros) return { budgetId, detail: `${need}. Raise it to go on.` };
  const detail = `${need} while other calls hold ${formatUsd(heldMicros)} of it. It goes on when they have ended.`;
  return { budgetId, detail, askAgainInMs };
}
