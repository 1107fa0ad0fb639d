import { DomainError } from '@fermata/contracts';
import { type ProcessResult, runProcess } from '../processes/index.js';
import { commandConfiguration, type GitProfile } from './git-configuration.js';
import type { GitContext } from './git-context.js';
import { gitError } from './git-error.js';
import { lockIn, retryWhileLocked } from './git-lock.js';

const plumbingCapBytes = 64 * 1024 * 1024;

export interface GitCommand {
  cwd: string;
  args: readonly string[];
  /** Default `own`. */
  profile?: GitProfile;
  env?: Readonly<Record<string, string>>;
  stdin?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Default ten minutes: a clone of a large repository takes its time. */
  timeoutMs?: number;
  /** Exit codes that are answers. Default only 0. */
  answers?: readonly number[];
  /** Keep this much of the output and say that it was cut, instead of failing when there is more. */
  capBytes?: number;
  /** A failure of which the error output looks like this is a lost race, and tried again. */
  raceIn?: RegExp;
}

/**
 * Runs git. A lock that somebody holds is waited for, with patience and within bounds.
 * @throws DomainError `lock_contention`, `timeout`, `disk_full`, `missing_program`, `not_found` (the folder),
 *   `not_a_repository`, `unavailable` (a remote), or `git_failed` with what git said; the signal's reason when cancelled
 */
export async function runGit(context: GitContext, command: GitCommand): Promise<ProcessResult> {
  const { answers = [0], cwd, raceIn } = command;
  const result = await retryWhileLocked(context, {
    attempt: () => runOnce(context, command),
    lockIn: (attempted) => (isAnswer(attempted, answers) ? null : lockIn(attempted.stderr, { cwd, raceIn })),
    signal: command.signal,
  });
  if (isAnswer(result, answers)) return wholeAnswer(result, command);
  throw gitError(result, command);
}

/** What git printed, without the line's end. */
export async function gitText(context: GitContext, command: GitCommand): Promise<string> {
  return (await runGit(context, command)).stdout.replace(/\n$/, '');
}

/** The NUL-separated fields that git printed. */
export async function gitFields(context: GitContext, command: GitCommand): Promise<string[]> {
  const { stdout } = await runGit(context, command);
  return stdout.split('\0').slice(0, -1);
}

/** The commit a name stands for, or null when there is none. */
export async function resolveCommit(context: GitContext, cwd: string, name: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { exitCode, stdout } = await runGit(context, { cwd, args, answers: [0, 1, 128] });
  return exitCode === 0 ? stdout.trim() : null;
}

export async function isAncestor(
  context: GitContext,
  cwd: string,
  { ancestor, of }: { ancestor: string; of: string },
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', ancestor, of];
  return (await runGit(context, { cwd, args, answers: [0, 1] })).exitCode === 0;
}

async function runOnce(context: GitContext, command: GitCommand): Promise<ProcessResult> {
  const { cwd, args, profile = 'own', env = {}, stdin, signal, timeoutMs = 600_000 } = command;
  signal?.throwIfAborted();
  const result = await runProcess({
    command: 'git',
    args: [...commandConfiguration, ...args],
    cwd,
    env: { ...context.environments[profile], ...env },
    timeoutMs,
    outputCapBytes: command.capBytes ?? plumbingCapBytes,
    ...(stdin === undefined ? {} : { stdin }),
    ...(signal === undefined ? {} : { signal }),
  });
  signal?.throwIfAborted();
  return result;
}

function isAnswer({ exitCode, timedOut }: ProcessResult, answers: readonly number[]): boolean {
  return !timedOut && exitCode !== null && answers.includes(exitCode);
}

/** An answer that we take apart must not have a hole in it. */
function wholeAnswer(result: ProcessResult, { args, capBytes }: GitCommand): ProcessResult {
  if (!result.truncated || capBytes !== undefined) return result;
  throw new DomainError(
    'git_failed',
    `git ${args[0] ?? ''} answered with more than 64 MiB: the repository is too large`,
  );
}
