import type { ProcessOptions, ProcessResult } from './process.js';
import { installedHost } from './process-host.js';
import { runHere } from './run-here.js';

/**
 * Runs a program to its end, as the leader of a process group of which nothing is left running afterwards, whether it
 * ended by itself, ran out of time, or was cancelled. Where a process host is installed, that one starts it.
 * @returns the result, also when the program failed
 * @throws DomainError `missing_program`, `not_found` (no such folder), `invalid_input` or `unavailable` when it could not
 *   be started, or when the host that had started it was lost
 */
export function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  return installedHost()?.run(options) ?? runHere(options);
}
