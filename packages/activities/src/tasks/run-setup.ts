import { DomainError } from '@fermata/contracts';
import { runProcess } from '@fermata/core/processes';
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
  { cwd, commands }: { cwd: string; commands: readonly string[] },
): Promise<void> {
  const { signal, onProgress } = activityScope();
  for (const command of commands) {
    const result = await runProcess({
      command,
      shell: true,
      cwd,
      env: deps.environment,
      timeoutMs: deps.limits.setupTimeoutMs,
      outputCapBytes: deps.limits.toolOutputBytes,
      signal,
      onOutput: onProgress,
    });
    if (result.cancelled) throw signal.reason;
    if (result.exitCode === 0) continue;
    const how = result.timedOut
      ? `did not end within ${deps.limits.setupTimeoutMs} ms`
      : `exited with ${result.exitCode}`;
    const message = `The set-up command "${command}" ${how}. Its output ends: ${result.output.slice(-tailCharacters)}`;
    throw new DomainError('command_failed', message, { command, exitCode: result.exitCode });
  }
}
