import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { lastWords } from '@fermata/contracts/redaction';
import { DomainError } from '@fermata/contracts';
import { type CapturedOutput, captureOutput } from './captured-output.js';
import { endProcessGroup, endSandbox } from './process-group.js';
import type { ProcessOptions, ProcessResult } from './process.js';
import type { SandboxStatus } from '../sandbox/bubblewrap-status.js';
import { type LimitWatch, watchLimitsOf } from './limit-watch.js';
import { startProcess, type StartedProcess } from './start-process.js';

const defaultCapBytes = 1024 * 1024;
const defaultGraceMs = 2_000;
/** For children that outlive a leader which ended by itself: their work is over, so they get less time. */
const leftoverGraceMs = 250;
/** A process that left the group may hold a pipe for ever: this long after the end we stop listening. */
const pipeGraceMs = 250;
const maxPipeRounds = 8;

interface Exit {
  exitCode: number | null;
  signal: string | null;
}

type Ending = 'own' | 'timed_out' | 'cancelled' | 'exceeded';

/** `runProcess`, as a child of this very process. `onStarted` is told the id of the process, and so of its group. */
export async function runHere(options: ProcessOptions, onStarted?: (pid: number) => void): Promise<ProcessResult> {
  if (options.signal?.aborted === true) return neverStarted;
  const startedAt = performance.now();
  const started = await startProcess(options);
  onStarted?.(started.pid);
  const watch = watchLimitsOf(started);
  try {
    const result = await attend(started, options, watch);
    return { ...result, durationMs: performance.now() - startedAt };
  } finally {
    watch.close();
    started.sandbox?.groups.close();
  }
}

/** From its start to the end of everything that it has started. */
async function attend(
  started: StartedProcess,
  options: ProcessOptions,
  watch: LimitWatch,
): Promise<Omit<ProcessResult, 'durationMs'>> {
  const exit = onceExited(started);
  const captured = captureOutput(started.stdout, started.stderr, {
    capBytes: options.outputCapBytes ?? defaultCapBytes,
    onOutput: options.onOutput,
    onStdout: options.onStdout,
  });
  const closed = onceClosed(started);
  const { ending, ...how } = await endOf(started, exit, { ...options, watch });
  await drainPipes(started, { captured, closed });
  if (ending === 'own' && how.exitCode !== null) await assertHasRun(started, captured);
  const exceeded = watch.limitBehind(how.exitCode);
  return { ...how, ...textsOf(captured), ...flagsOf(ending), ...(exceeded && { exceeded }) };
}

const neverStarted: ProcessResult = {
  exitCode: null,
  signal: null,
  ...{ timedOut: false, cancelled: true },
  ...{ stdout: '', stderr: '', output: '', outputBytes: 0, truncated: false },
  durationMs: 0,
};

function onceExited({ child }: StartedProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

/** Both pipes are at their end too. May come together with the exit, so it is listened for from the start. */
function onceClosed({ child }: StartedProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('close', () => resolve(true));
  });
}

/** Waits for the exit or the first limit that is reached, and then for the end of the whole group. */
async function endOf(
  { pid, sandbox }: StartedProcess,
  exit: Promise<Exit>,
  options: ProcessOptions & { watch: LimitWatch },
): Promise<Exit & { ending: Ending }> {
  const ending = await Promise.race([firstOf(exit, options), options.watch.exceeded.then((): Ending => 'exceeded')]);
  const graceMs = graceAfter(ending, options.graceMs ?? defaultGraceMs);
  if (sandbox === null) await endProcessGroup(pid, graceMs);
  else await endSandbox(pid, await leaderOf(sandbox), graceMs);
  return { ...(await exit), ending };
}

/** What is over a limit must not go on for a moment. */
function graceAfter(ending: Ending, wantedMs: number): number {
  if (ending === 'exceeded') return 0;
  return ending === 'own' ? Math.min(wantedMs, leftoverGraceMs) : wantedMs;
}

/** A sandbox that is only just being made has no leader yet: it is not waited for. */
async function leaderOf({ leader }: SandboxStatus): Promise<number | null> {
  return Promise.race([leader, sleep(pipeGraceMs, null, { ref: false })]);
}

/** Bubblewrap ends with an exit code like any other program: only it can say that the command never began. */
async function assertHasRun({ sandbox }: StartedProcess, { stderr }: CapturedOutput): Promise<void> {
  if (sandbox === null || (await sandbox.hasRun)) return;
  const said = lastWords(stderr.toString().trim(), 500);
  throw new DomainError('unavailable', `The sandbox could not be made: ${said}`);
}

async function firstOf(exit: Promise<Exit>, { timeoutMs, signal }: ProcessOptions): Promise<Ending> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const limits = new Promise<Ending>((resolve) => {
    if (timeoutMs !== undefined) timer = setTimeout(() => resolve('timed_out'), timeoutMs);
    onAbort = () => resolve('cancelled');
    signal?.addEventListener('abort', onAbort, { once: true });
    // It may have been aborted while the process was being started.
    if (signal?.aborted === true) onAbort();
  });
  try {
    return await Promise.race([limits, exit.then((): Ending => 'own')]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

interface Draining {
  captured: CapturedOutput;
  closed: Promise<boolean>;
}

/** Reads what is still in the pipes, and gives up on pipes that stay open and silent, or chatter on for ever. */
async function drainPipes({ stdout, stderr }: StartedProcess, { captured, closed }: Draining): Promise<void> {
  for (let round = 0; round < maxPipeRounds; round++) {
    const before = captured.bytes;
    const ended = await withPatience(closed);
    // A busy event loop may run the timer before it has read what was there: let it read first.
    await setImmediate();
    if (ended || captured.bytes === before) break;
  }
  stdout.destroy();
  stderr.destroy();
}

async function withPatience(closed: Promise<boolean>): Promise<boolean> {
  const patience = new AbortController();
  const ranOut = sleep(pipeGraceMs, false, { signal: patience.signal }).catch(() => false);
  const ended = await Promise.race([closed, ranOut]);
  patience.abort();
  return ended;
}

function textsOf(
  captured: CapturedOutput,
): Pick<ProcessResult, 'stdout' | 'stderr' | 'output' | 'outputBytes' | 'truncated'> {
  return {
    stdout: captured.stdout.toString(),
    stderr: captured.stderr.toString(),
    output: captured.merged.toString(),
    outputBytes: captured.bytes,
    truncated: captured.merged.truncated,
  };
}

function flagsOf(ending: Ending): Pick<ProcessResult, 'timedOut' | 'cancelled'> {
  return { timedOut: ending === 'timed_out', cancelled: ending === 'cancelled' };
}
