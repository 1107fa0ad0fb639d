import { formatUsd, type CostReportBy } from '@fermata/contracts';
import type { CostReport } from '../graphql/budget.js';
import { about } from './cost.js';
import { formatNumber } from './measure.js';
import { lines, type Page } from './page.js';
import { renderTable } from './table.js';

type Row = CostReport['rows'][number];

/** What was spent, one line for each agent, model, repository, objective or day. */
export function renderCostReport({ rows, complete }: CostReport, by: CostReportBy, { style, width }: Page): string {
  if (rows.length === 0) return 'Nothing was spent in that time.';
  const table = renderTable(
    rows,
    [
      { title: by.toUpperCase(), value: ({ label }) => label, flexible: true },
      { title: 'COST', value: ({ costMicros }) => formatUsd(costMicros), align: 'right' },
      { title: 'OF IT ESTIMATED', value: estimatedPart, align: 'right' },
      { title: 'CALLS', value: ({ calls }) => formatNumber(calls), align: 'right' },
      { title: 'INPUT', value: (row) => formatNumber(row.inputTokens), align: 'right' },
      { title: 'OUTPUT', value: (row) => formatNumber(row.outputTokens), align: 'right' },
      { title: 'CACHED', value: (row) => formatNumber(row.cacheReadTokens + row.cacheWriteTokens), align: 'right' },
    ],
    { style, width },
  );
  const total = rows.reduce((sum, { costMicros }) => sum + costMicros, 0);
  return lines(
    table,
    complete ? `${formatUsd(total)} in all` : `The first ${rows.length} rows of more: ask for less time.`,
  );
}

function estimatedPart({ estimatedPartMicros }: Row): string {
  return estimatedPartMicros === 0 ? '–' : about(estimatedPartMicros);
}
