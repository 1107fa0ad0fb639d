import { DomainError, isFinal, OkrRunState, okrRunTransitions } from '@fermata/contracts';
import type { AddVerb } from '../act.js';
import type { Outcome } from '../context.js';
import { collectPages } from '../graphql/collect-pages.js';
import { found } from '../graphql/found.js';
import { type OkrRun, okrRunQuery, okrRunsQuery } from '../graphql/okr-run.js';
import { renderOkrRun, renderOkrRuns } from '../rendering/okr-run.js';
import type { Page } from '../rendering/page.js';
import { renderReport } from '../rendering/report.js';
import { stateWords } from '../rendering/state.js';
import { oneOf, positiveNumber } from './arguments.js';
import { outcomeExitCode } from './outcome-exit-code.js';
import { watchToTheEnd } from './watch-to-the-end.js';
import { pageOf } from './page-of.js';
import { calledAs } from '../called-as.js';

export const addOkr: AddVerb = (program, act) => {
  const okr = program.command('okr').description('OKR runs: goals being worked on, and what became of them');

  okr
    .command('list')
    .description('list OKR runs, newest first')
    .option('--state <state>', 'only those in this state', oneOf(Object.values(OkrRunState)))
    .option('--limit <n>', 'at most this many', positiveNumber, 20)
    .action(
      act(async (context, { state, limit }: { state?: OkrRunState; limit: number }) => {
        const api = await context.api();
        const filter = state === undefined ? null : { state: [state] };
        const okrRuns = await collectPages(
          async (page) => (await api.ask(okrRunsQuery, { ...page, filter })).okrRuns,
          limit,
        );
        return { text: renderOkrRuns(okrRuns, pageOf(context)), json: { okrRuns } };
      }),
    );

  okr
    .command('show')
    .description('show an OKR run whole')
    .argument('<id>')
    .option('--watch', 'follow it until it ends, and exit by its outcome')
    .action(
      act(async (context, id: string, { watch }: { watch?: boolean }) => {
        const api = await context.api();
        if (watch === true) return watchToTheEnd(context, api, id);
        const { okrRun } = await api.ask(okrRunQuery, { id });
        const run = found(okrRun, 'OKR run', id);
        return { text: renderOkrRun(run, pageOf(context)), json: { okrRun: run } };
      }),
    );

  okr
    .command('report')
    .description('show what a finished OKR run came to; exits by its outcome')
    .argument('<id>')
    .action(
      act(async (context, id: string) => {
        const { okrRun } = await (await context.api()).ask(okrRunQuery, { id });
        return reportOutcome(found(okrRun, 'OKR run', id), pageOf(context));
      }),
    );
};

function reportOutcome(run: OkrRun, page: Page): Outcome {
  const { id, state, report, failure, cancelReason } = run;
  const json = { okrRunId: id, state, report, failure, cancelReason };
  const exitCode = outcomeExitCode(run);
  if (report !== null) return { text: renderReport(report, page), json, exitCode };
  if (!isFinal(okrRunTransitions, state))
    throw new DomainError(
      'conflict',
      `${id} is ${stateWords(state)} and has no report yet. See what it waits for: ${calledAs} why ${id}`,
      { id, state },
    );
  const reason = failure?.message ?? cancelReason;
  const why = reason === null ? '' : `: ${reason}`;
  return { text: `${id} ended ${state} before there was anything to report${why}`, json, exitCode };
}
