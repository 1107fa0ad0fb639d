import { formatUsd } from '@fermata/contracts';
import type { Budget, BudgetLimit } from '../graphql/budget.js';
import { costText } from './cost.js';
import { blocks, fields, type Page } from './page.js';
import { type Column, renderTable } from './table.js';
import { formatAgo } from './time.js';

const amount = (micros: number | null) => (micros === null ? 'no limit' : formatUsd(micros));

/** What was spent under a budget, in all time. */
export const spent = ({ spentMicros: micros, spentEstimated: estimated }: Budget) => costText({ micros, estimated });

/** What a budget caps. */
function subjectWords({ scope, subjectId }: Budget): string {
  return scope === 'workspace' ? 'the workspace' : subjectId;
}

/** The limits that are set; the total alone where none is. */
function shownLimits({ limits }: Budget): readonly BudgetLimit[] {
  const set = limits.filter(({ limitMicros }) => limitMicros !== null);
  return set.length > 0 ? set : limits;
}

function limitColumns<Row extends { limit: BudgetLimit }>({ now }: Page): Column<Row>[] {
  return [
    { title: 'PERIOD', value: ({ limit }) => limit.period },
    { title: 'LIMIT', value: ({ limit }) => amount(limit.limitMicros), align: 'right' },
    { title: 'SPENT', value: ({ limit }) => formatUsd(limit.spentMicros), align: 'right' },
    { title: 'RESERVED', value: ({ limit }) => formatUsd(limit.heldMicros), align: 'right' },
    {
      title: 'LEFT',
      value: ({ limit }) => (limit.remainingMicros === null ? '–' : formatUsd(limit.remainingMicros)),
      align: 'right',
    },
    {
      title: 'BEGINS ANEW',
      value: ({ limit }) => (limit.periodEnd === null ? '–' : formatAgo(limit.periodEnd, now)),
      align: 'right',
    },
  ];
}

export function renderBudgets(budgets: readonly Budget[], page: Page): string {
  if (budgets.length === 0) return 'No budgets yet.';
  const rows = budgets.flatMap((budget) => shownLimits(budget).map((limit) => ({ budget, limit })));
  const caps = { title: 'CAPS', value: ({ budget }: { budget: Budget }) => subjectWords(budget), flexible: true };
  return renderTable(rows, [caps, ...limitColumns<(typeof rows)[number]>(page)], page);
}

export function renderBudget(budget: Budget, page: Page): string {
  const rows = budget.limits.map((limit) => ({ limit }));
  return blocks(
    fields([
      ['budget', budget.id],
      ['caps', subjectWords(budget)],
      ['spent', `${spent(budget)} in all`],
      ['reserved', formatUsd(budget.heldMicros)],
    ]),
    renderTable(rows, limitColumns<(typeof rows)[number]>(page), page),
  );
}
