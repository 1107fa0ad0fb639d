import type { Waiting } from '../activity-contracts/record-activities.js';
import { formatUsd, type MicroUsd } from '../money.js';
import { budgetName } from './budget-name.js';
import type { BudgetPeriod } from './budget-period.js';
import type { BudgetScope } from './budget-scope.js';

/** A limit without room for a call. */
export interface FullBudget {
  budgetId: string;
  scope: BudgetScope;
  /** What the budget caps. */
  subjectId: string;
  period: BudgetPeriod;
  limitMicros: MicroUsd;
  /** In this period. */
  spentMicros: MicroUsd;
  /** By calls under way. */
  heldMicros: MicroUsd;
  /** Until the period is over; null for `total`, which never is. */
  endsInMs: number | null;
  /** The same as a time in the zone of the workspace, with the zone. */
  endsAt: string | null;
}

/** Why a call is not made, in a sentence with the amounts. */
export interface OverBudget {
  budgetId: string;
  detail: string;
  /** Absent: only a raise helps. */
  askAgainInMs?: number;
}

/** Other calls give back what they do not need, and nobody tells those who wait for it: they ask again. */
const askAgainInMs = 5_000;

/** After the end of a period, so that a clock that runs a little fast does not ask in the old one. */
const afterTheEndMs = 1_000;

/** @param micros what the call may cost */
export function overBudget(full: FullBudget, micros: MicroUsd): OverBudget {
  const { budgetId, limitMicros, spentMicros, heldMicros, endsInMs } = full;
  const left = formatUsd(Math.max(0, limitMicros - spentMicros - heldMicros));
  const state = `${left} of ${formatUsd(limitMicros)} left (${formatUsd(spentMicros)} spent)`;
  const need = `The next call may cost ${formatUsd(micros)}; ${budgetName(full)} has ${state}`;
  if (micros > limitMicros) return { budgetId, detail: `${need}, too little for it at any time. Raise it to go on.` };
  if (spentMicros + micros <= limitMicros) {
    const detail = `${need} while other calls hold ${formatUsd(heldMicros)} of it. It goes on when they have ended.`;
    return { budgetId, detail, askAgainInMs };
  }
  if (endsInMs === null) return { budgetId, detail: `${need}. Raise it to go on.` };
  const detail = `${need}. It goes on when the ${full.period} ends (${full.endsAt}). Raise it to go on at once.`;
  return { budgetId, detail, askAgainInMs: endsInMs + afterTheEndMs };
}

/** What a run says that waits for room in a budget. */
export function budgetWaiting({ detail, budgetId, askAgainInMs }: OverBudget): Waiting {
  const releasableBy = askAgainInMs === undefined ? ['admin'] : ['fermata', 'admin'];
  return { kind: 'budget', detail, releasableBy, subjectId: budgetId };
}
