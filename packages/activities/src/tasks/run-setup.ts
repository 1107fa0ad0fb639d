import { DomainError, SandboxPurpose } from '@fermata/contracts';
import { lastWords } from '@fermata/contracts/redaction';
import { exceededWords, type ProcessResult, runProcess } from '@fermata/core/processes';
import type { Place } from '@fermata/core/sandbox';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';

const tailCharacters = 2_000;

/**
 * Runs the repository's set-up commands in a fresh worktree, one after the other.
 *
 * @throws DomainError `command_failed` with the end of the output; the abort reason when cancelled
 */
export async function runSetup(
  deps: ActivityDeps,
  { worktreeId, commands }: { worktreeId: string; commands: readonly string[] },
): Promise<void> {
  if (commands.length === 0) return;
  const order = { worktreeId, purpose: SandboxPurpose.setup };
  await deps.sandboxes.within(order, (place) => runAll(deps, { commands, worktreeId, place }));
}

interface Setup {
  commands: readonly string[];
  worktreeId: string;
  place: Place;
}

async function runAll(deps: ActivityDeps, { commands, worktreeId, place }: Setup): Promise<void> {
  const { signal, onProgress } = activityScope();
  const cwd = deps.git.worktreePath(worktreeId);
  const limits = { timeoutMs: deps.limits.setupTimeoutMs, outputCapBytes: deps.limits.toolOutputBytes };
  for (const command of commands) {
    const how = { cwd, ...place, ...limits, signal, onOutput: onProgress };
    const result = await runProcess({ command, shell: true, ...how });
    if (result.cancelled) throw signal.reason;
    if (result.exitCode === 0 && result.exceeded === undefined) continue;
    const ending = endingOf(result, deps.limits.setupTimeoutMs);
    const message = `The set-up command "${command}" ${ending}. Its output ends: ${lastWords(result.output, tailCharacters)}`;
    throw new DomainError('command_failed', message, { command, exitCode: result.exitCode });
  }
}

function endingOf({ timedOut, exceeded, exitCode }: ProcessResult, timeoutMs: number): string {
  if (timedOut) return `did not end within ${timeoutMs} ms`;
  return exceeded === undefined ? `exited with ${exitCode}` : `failed: ${exceededWords(exceeded)}`;
}
