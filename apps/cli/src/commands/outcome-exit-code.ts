import type { OkrRunState } from '@fermata/contracts';
import { ExitCode } from '../exit-code.js';
import { missedTargets } from '../rendering/run-standing.js';

/** The exit code that a run's end stands for. */
export function outcomeExitCode(run: { state: OkrRunState; keyResults: readonly { met: boolean | null }[] }): ExitCode {
  if (run.state === 'completed') return missedTargets(run) ? ExitCode.targetsMissed : ExitCode.done;
  return run.state === 'denied' ? ExitCode.denied : ExitCode.failed;
}
