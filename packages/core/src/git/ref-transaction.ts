import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type ProcessResult } from '../processes/index.js';
import { commandConfiguration } from './git-configuration.js';
import type { GitContext } from './git-context.js';
import { gitError } from './git-error.js';
import { lockIn, retryWhileLocked } from './git-lock.js';

export interface RefMove {
  cwd: string;
  ref: string;
  from: string;
  /** The same as `from` to hold the ref where it is. */
  to: string;
  reason: string;
}

export interface LockedWork<Value> {
  /** False: the ref stays where it was. */
  proceed: boolean;
  value: Value;
}

/**
 * Holds the ref locked at `from` while `work` runs, and then moves it to `to`, or not. Nobody else can move it in
 * between; if we die, git sees the end of its input and gives up the lock.
 * @returns null when the ref was not at `from`: then `work` did not run
 * @throws DomainError `lock_contention` or `git_failed`; what `work` throws, with the ref unmoved
 */
export async function withRefLocked<Value>(
  context: GitContext,
  move: RefMove,
  work: () => Promise<LockedWork<Value>>,
): Promise<Value | null> {
  const opened = await retryWhileLocked(context, {
    attempt: () => Transaction.open(context, move),
    lockIn: (attempt) => (attempt instanceof Transaction ? null : lockIn(attempt.stderr, { cwd: move.cwd })),
  });
  if (!(opened instanceof Transaction)) {
    if (/is at \w+ but expected|unable to resolve reference/.test(opened.stderr)) return null;
    throw gitError(opened, { cwd: move.cwd, args: ['update-ref'] });
  }
  try {
    const { proceed, value } = await work();
    if (proceed) await opened.commit();
    return value;
  } finally {
    await opened.close();
  }
}

type Refusal = Pick<ProcessResult, 'exitCode' | 'stdout' | 'stderr' | 'timedOut'>;

/** A conversation with `git update-ref --stdin` (its manual page has the protocol). */
class Transaction {
  private readonly answers: AsyncIterator<string, undefined>;
  private readonly closed: Promise<unknown>;
  private stderr = '';

  private constructor(
    private readonly child: ChildProcess & { stdin: NonNullable<ChildProcess['stdin']> },
    private readonly move: RefMove,
    stdout: NonNullable<ChildProcess['stdout']>,
  ) {
    this.answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.closed = once(child, 'close');
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    // Git may end before it has read everything; what it said tells why.
    child.stdin.on('error', () => undefined);
  }

  static async open(context: GitContext, move: RefMove): Promise<Transaction | Refusal> {
    const args = [...commandConfiguration, 'update-ref', '-m', move.reason, '--stdin'];
    const env = context.environments.user;
    const child = spawn('git', args, { cwd: move.cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    await once(child, 'spawn');
    const transaction = new Transaction(child, move, child.stdout);
    return (await transaction.prepare()) ? transaction : transaction.refusal();
  }

  async commit(): Promise<void> {
    this.child.stdin.write('commit\n');
    if (!(await this.hears('commit: ok')))
      throw gitError(await this.refusal(), { cwd: this.move.cwd, args: ['update-ref'] });
  }

  /** What was not committed is given up. */
  async close(): Promise<void> {
    this.child.stdin.end();
    await this.closed;
  }

  private async prepare(): Promise<boolean> {
    const { ref, from, to } = this.move;
    const order = from === to ? `verify ${ref} ${from}` : `update ${ref} ${to} ${from}`;
    this.child.stdin.write(`start\n${order}\nprepare\n`);
    return (await this.hears('start: ok')) && (await this.hears('prepare: ok'));
  }

  private async hears(answer: string): Promise<boolean> {
    const next = await this.answers.next();
    return next.done !== true && next.value === answer;
  }

  private async refusal(): Promise<Refusal> {
    await this.close();
    return { exitCode: this.child.exitCode, stdout: '', stderr: this.stderr, timedOut: false };
  }
}
