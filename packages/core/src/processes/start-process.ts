import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable } from 'node:stream';
import { DomainError, type ErrorCode, type SandboxProfile } from '@fermata/contracts';
import { openGroups, type OpenGroups } from '../sandbox/control-groups.js';
import { bubblewrapArguments, statusDescriptor } from '../sandbox/bubblewrap-arguments.js';
import { readSandboxStatus, type SandboxStatus } from '../sandbox/bubblewrap-status.js';
import { isProgramInside } from '../sandbox/contained-command.js';
import type { ProcessOptions } from './process.js';

export interface StartedProcess {
  child: ChildProcess;
  pid: number;
  stdout: Readable;
  stderr: Readable;
  /** Null where it is not contained. */
  sandbox: StartedSandbox | null;
}

export interface StartedSandbox extends SandboxStatus {
  profile: SandboxProfile;
  groups: OpenGroups;
}

/**
 * Starts the program as the leader of its own process group; a contained one in a sandbox that ends with its leader.
 * @throws DomainError `missing_program`, `not_found` (the folder), `invalid_input` or `unavailable` when it cannot be started
 */
export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const groups = options.sandbox && openGroups(options.sandbox.controlGroups, options.sandbox.limits);
  try {
    const child = spawnDetached(options, groups?.words ?? []);
    await once(child, 'spawn');
    // From here on an `error` can only be a signal that could not be sent; unheard it would end our own process.
    child.on('error', () => undefined);
    const { pid, stdout, stderr } = child;
    if (pid === undefined || stdout === null || stderr === null) throw new Error('started without a pid or pipes');
    feed(child, options);
    return { child, pid, stdout, stderr, sandbox: groups ? sandboxOf(child, options, groups) : null };
  } catch (error) {
    groups?.close();
    throw await spawnError(error, options);
  }
}

function sandboxOf(child: ChildProcess, { sandbox }: ProcessOptions, groups: OpenGroups): StartedSandbox | null {
  const status = child.stdio[statusDescriptor] as Readable | undefined;
  return sandbox && status ? { ...readSandboxStatus(status), profile: sandbox, groups } : null;
}

/** @param joining - puts what follows it into its control groups */
function spawnDetached(options: ProcessOptions, joining: readonly string[]): ChildProcess {
  const { cwd, env, stdin, input: live, sandbox } = options;
  const words = wordsOf(options);
  const contained = sandbox === undefined ? words : [...joining, ...containedWords(words, { cwd, env, sandbox })];
  const [program = '', ...args] = contained;
  const input = stdin === undefined && live === undefined ? 'ignore' : 'pipe';
  // In the order of `statusDescriptor` and the descriptor of the filter.
  const filter = sandbox?.callFilter == null ? [] : [openSync(sandbox.callFilter, 'r')];
  const stdio: StdioOptions = [input, 'pipe', 'pipe', ...(sandbox === undefined ? [] : ['pipe' as const]), ...filter];
  try {
    return spawn(program, args, { cwd, env: { ...env }, detached: true, stdio });
  } finally {
    for (const descriptor of filter) closeSync(descriptor);
  }
}

function wordsOf({ command, args = [], shell = false }: ProcessOptions): string[] {
  return shell ? ['/bin/sh', '-c', command, 'sh', ...args] : [command, ...args];
}

interface Contained extends Pick<ProcessOptions, 'cwd' | 'env'> {
  sandbox: SandboxProfile;
}

/** Inside, a missing program would be a failed one: nobody could tell the two apart. */
function containedWords(words: readonly string[], { cwd, env, sandbox }: Contained): string[] {
  const [program = ''] = words;
  if (!isProgramInside(program, env['PATH'] ?? '', sandbox))
    throw Object.assign(new Error(program), { code: 'ENOENT' });
  return [sandbox.program, ...bubblewrapArguments(sandbox, { cwd, words })];
}

function feed({ stdin: pipe }: ChildProcess, { stdin: text, input }: ProcessOptions): void {
  // A program may close its input unread (EPIPE); that is its own affair.
  pipe?.on('error', () => undefined);
  if (input === undefined) pipe?.end(text);
  else input.bind({ write: (piece) => void pipe?.write(piece), end: () => void pipe?.end() });
}

const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'missing_program',
  EACCES: 'missing_program',
  ENOEXEC: 'missing_program',
  ENOTDIR: 'not_found',
  E2BIG: 'invalid_input',
  ERR_INVALID_ARG_VALUE: 'invalid_input',
  ERR_INVALID_ARG_TYPE: 'invalid_input',
  EAGAIN: 'unavailable',
  ENOMEM: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
};

async function spawnError(error: unknown, { command, shell, cwd }: ProcessOptions): Promise<DomainError> {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const folder = await stat(cwd).catch(() => null);
  // A missing folder is reported by the system with the same ENOENT as a missing program.
  if (!folder?.isDirectory()) {
    return new DomainError('not_found', `the folder ${cwd} to run in does not exist`, { cwd }, { cause: error });
  }
  const program = shell === true ? '/bin/sh' : command;
  const code = codeOfErrno[errno] ?? 'internal';
  const message =
    code === 'missing_program'
      ? `${program} was not found or cannot be executed: install it, or put it on PATH`
      : `${program} could not be started (${errno})`;
  return new DomainError(code, message, { program, errno }, { cause: error });
}
