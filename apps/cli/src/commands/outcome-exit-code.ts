import type { OkrRunState } from '@fermata/contracts';
import { ExitCode } from '../exit-code.js';

/** The exit code that a run's end stands for. */
export function outcomeExitCode(state: OkrRunState): ExitCode {
  if (state === 'completed') return ExitCode.done;
  return state === 'denied' ? ExitCode.denied : ExitCode.failed;
}
