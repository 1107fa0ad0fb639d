import { isFinal, okrRunTransitions } from '@fermata/contracts';
import type { Context, Outcome } from '../context.js';
import { ExitCode } from '../exit-code.js';
import type { Api } from '../graphql/api.js';
import type { OkrRun } from '../graphql/okr-run.js';
import { renderOkrRun } from '../rendering/okr-run.js';
import { watchRun } from '../watching/watch-run.js';
import { outcomeExitCode } from './outcome-exit-code.js';
import { pageOf } from './page-of.js';
import { calledAs } from '../called-as.js';

/** Follows a run; the outcome is the run's. */
export async function watchToTheEnd(
  context: Context,
  api: Api,
  id: string,
): Promise<Outcome & { json: { okrRun: OkrRun } }> {
  const okrRun = await watchRun(context, api, id);
  if (isFinal(okrRunTransitions, okrRun.state))
    return {
      text: `\n${renderOkrRun(okrRun, pageOf(context))}`,
      json: { okrRun },
      exitCode: outcomeExitCode(okrRun),
    };
  const text = `Stopped watching; the run goes on. Watch again: ${calledAs} okr show ${id} --watch`;
  return { text, json: { okrRun }, exitCode: ExitCode.interrupted };
}
