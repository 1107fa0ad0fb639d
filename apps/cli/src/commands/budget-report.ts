import { type Command, InvalidArgumentError } from 'commander';
import { CostReportBy } from '@fermata/contracts';
import type { Act } from '../act.js';
import { costReportQuery } from '../graphql/budget.js';
import { renderCostReport } from '../rendering/cost-report.js';
import { oneOf } from './arguments.js';
import { pageOf } from './page-of.js';

const unitMs = { h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** How long ago, or since when: `24h`, `7d`, `4w`, or an instant with its zone. */
type Since = { agoMs: number } | { at: string };

function since(text: string): Since {
  const ago = /^(\d{1,4})([hdw])$/.exec(text);
  if (ago) return { agoMs: Number(ago[1]) * unitMs[ago[2] as keyof typeof unitMs] };
  const date = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? new Date(text) : null;
  if (date !== null && !Number.isNaN(date.getTime())) return { at: date.toISOString() };
  throw new InvalidArgumentError('It must be a time ago like 24h, 7d or 4w, or a date like 2026-01-31 (in UTC).');
}

interface ReportOptions {
  by: CostReportBy;
  since: Since;
}

export function addBudgetReport(budget: Command, act: Act): void {
  budget
    .command('report')
    .description('add up what was spent')
    .option('--by <what>', Object.values(CostReportBy).join(', '), oneOf(Object.values(CostReportBy)), 'model')
    .option('--since <time>', 'how long ago (24h, 7d, 4w), or a date', since, { agoMs: 30 * unitMs.d })
    .action(
      act(async (context, options: ReportOptions) => {
        const to = context.now();
        const from =
          'at' in options.since ? options.since.at : new Date(to.getTime() - options.since.agoMs).toISOString();
        const { by } = options;
        const range = { from, to: to.toISOString() };
        const { costReport } = await (await context.api()).ask(costReportQuery, { ...range, by });
        const json = { report: { ...range, by, ...costReport } };
        return { text: renderCostReport(costReport, by, pageOf(context)), json };
      }),
    );
}
