import { formatUsd } from '@fermata/contracts';
import type { Budget } from '../graphql/budget.js';
import { costText } from './cost.js';
import { fields, type Page } from './page.js';
import { renderTable } from './table.js';

const amount = (micros: number | null) => (micros === null ? 'no cap' : formatUsd(micros));

/** What was spent under a budget. */
export const spent = ({ spentMicros: micros, spentEstimated: estimated }: Budget) => costText({ micros, estimated });

export function renderBudgets(budgets: readonly Budget[], { style, width }: Page): string {
  if (budgets.length === 0) return 'No budgets yet.';
  return renderTable(
    budgets,
    [
      { title: 'CAPS', value: ({ subjectId }) => subjectId, flexible: true },
      { title: 'LIMIT', value: ({ limitMicros }) => amount(limitMicros), align: 'right' },
      { title: 'SPENT', value: spent, align: 'right' },
      { title: 'RESERVED', value: ({ heldMicros }) => formatUsd(heldMicros), align: 'right' },
      {
        title: 'LEFT',
        value: ({ remainingMicros }) => (remainingMicros === null ? '–' : formatUsd(remainingMicros)),
        align: 'right',
      },
    ],
    { style, width },
  );
}

export function renderBudget(budget: Budget): string {
  return fields([
    ['budget', budget.id],
    ['caps', budget.subjectId],
    ['limit', amount(budget.limitMicros)],
    ['spent', spent(budget)],
    ['reserved', formatUsd(budget.heldMicros)],
    ['left', budget.remainingMicros === null ? null : formatUsd(budget.remainingMicros)],
  ]);
}
