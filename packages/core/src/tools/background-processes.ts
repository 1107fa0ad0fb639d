import { lastWords, wholeWordsToEnd } from '@fermata/contracts/redaction';
import { type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';

/** Whose a program in the background is. */
export interface BackgroundOwner {
  agentRunId: string;
  worktreeId: string;
}

/** What is there of a program since it was last looked at. */
export interface BackgroundLook {
  output: string;
  /** Characters of output that came since and were too many to keep; they stood before `output`. */
  lost: number;
  /** Null while it runs. */
  result: ProcessResult | null;
}

/** The programs that one run has started in the background. */
export interface BackgroundShelf {
  /** Null when the run has as many running as it may have. */
  start(options: Omit<ProcessOptions, 'signal' | 'onOutput' | 'timeoutMs'>): string | null;
  /**
   * What it printed since the last look; waits up to `waitMs` for something to be there. Null for an id that is not known.
   * @param again give once more what the last look gave: nobody received it
   */
  look(id: string, options: { waitMs: number; again: boolean; signal: AbortSignal }): Promise<BackgroundLook | null>;
  /** Ends it and everything it started. False for an id that is not known. */
  stop(id: string): Promise<boolean>;
}

/** The programs that agents have left running on this host. None outlives its run, its worktree's next gate, or the worker. */
export interface BackgroundProcesses {
  of(owner: BackgroundOwner): BackgroundShelf;
  /** Ends all that run in a worktree: what is checked there must not meet them. */
  endIn(worktreeId: string): Promise<void>;
  endOf(agentRunId: string): Promise<void>;
  /** Runs that have any. */
  owners(): string[];
  close(): Promise<void>;
}

const mostForRun = 5;
/** Of output that nobody has looked at yet, the latest. */
const keptCharacters = 200_000;
/** How long the rest of a word is waited for: a question at which a program waits may end in one, without a space. */
const restOfWordMs = 1_000;

interface Program extends BackgroundOwner {
  id: string;
  controller: AbortController;
  ended: Promise<void>;
  result: ProcessResult | null;
  unread: { output: string; lost: number };
  lastLook: { output: string; lost: number };
  /** When it printed last, by `performance.now()`. */
  heardAt: number;
  wakes: Set<() => void>;
}

export interface BackgroundLimits {
  /** What runs longer is ended. */
  lifetimeMs: number;
}

export function createBackgroundProcesses({ lifetimeMs }: BackgroundLimits): BackgroundProcesses {
  const programs = new Set<Program>();
  let started = 0;

  async function end(which: (program: Program) => boolean): Promise<void> {
    const chosen = [...programs].filter(which);
    for (const program of chosen) program.controller.abort();
    await Promise.all(chosen.map(({ ended }) => ended));
    for (const program of chosen) programs.delete(program);
  }

  function start(owner: BackgroundOwner, options: Parameters<BackgroundShelf['start']>[0]): string | null {
    const running = [...programs].filter((one) => one.agentRunId === owner.agentRunId && one.result === null);
    if (running.length >= mostForRun) return null;
    const program: Program = {
      ...owner,
      id: `bg-${++started}`,
      controller: new AbortController(),
      ended: Promise.resolve(),
      result: null,
      unread: { output: '', lost: 0 },
      lastLook: { output: '', lost: 0 },
      heardAt: 0,
      wakes: new Set(),
    };
    program.ended = runToEnd(program, { ...options, timeoutMs: lifetimeMs });
    programs.add(program);
    return program.id;
  }

  return {
    of: (owner) => {
      const find = (id: string) => [...programs].find((one) => one.id === id && one.agentRunId === owner.agentRunId);
      return {
        start: (options) => start(owner, options),
        look: async (id, options) => {
          const program = find(id);
          return program ? lookAt(program, options) : null;
        },
        async stop(id) {
          const program = find(id);
          program?.controller.abort();
          await program?.ended;
          return program !== undefined;
        },
      };
    },
    endIn: (worktreeId) => end((program) => program.worktreeId === worktreeId),
    endOf: (agentRunId) => end((program) => program.agentRunId === agentRunId),
    owners: () => [...new Set([...programs].map(({ agentRunId }) => agentRunId))],
    close: () => end(() => true),
  };
}

async function runToEnd(program: Program, options: ProcessOptions): Promise<void> {
  const result = await runProcess({
    ...options,
    signal: program.controller.signal,
    outputCapBytes: 1_024,
    onOutput: (chunk) => hear(program, chunk),
  }).catch((error: unknown) => couldNotRun(error));
  program.result = result;
  if (result.outputBytes === 0 && result.output !== '') hear(program, result.output);
  wake(program);
}

/** A program that could not be started has ended, with the reason as what it said. */
function couldNotRun(error: unknown): ProcessResult {
  const output = error instanceof Error ? error.message : String(error);
  const ending = { exitCode: null, signal: null, timedOut: false, cancelled: false, truncated: false };
  return { ...ending, stdout: '', stderr: output, output, outputBytes: 0, durationMs: 0 };
}

function hear(program: Program, chunk: string): void {
  const all = program.unread.output + chunk;
  const output = lastWords(all, keptCharacters);
  program.unread = { output, lost: program.unread.lost + all.length - output.length };
  program.heardAt = performance.now();
  wake(program);
}

function wake({ wakes }: Program): void {
  for (const done of wakes) done();
}

async function lookAt(
  program: Program,
  { waitMs, again, signal }: Parameters<BackgroundShelf['look']>[1],
): Promise<BackgroundLook> {
  if (again) unlook(program);
  const until = performance.now() + waitMs;
  while (program.result === null && readable(program) === '' && !signal.aborted) {
    const now = performance.now();
    const wordEnds = program.unread.output === '' ? Infinity : program.heardAt + restOfWordMs;
    if (now >= until) break;
    await somethingNew(program, Math.max(1, Math.min(until, wordEnds) - now), signal);
  }
  const [output, { lost }] = [readable(program), program.unread];
  program.lastLook = { output, lost };
  program.unread = { output: program.unread.output.slice(output.length), lost: 0 };
  return { ...program.lastLook, result: program.result };
}

/** What can be shown: without the word that it is printing, whose rest may be about to come. */
function readable({ unread: { output }, heardAt, result }: Program): string {
  const isComplete = result !== null || performance.now() - heardAt >= restOfWordMs;
  return isComplete ? output : wholeWordsToEnd(output);
}

/** What the last look gave is there to be read. What came after a gap is not put beside it. */
function unlook({ lastLook, unread }: Program): void {
  if (unread.lost === 0) {
    unread.output = lastLook.output + unread.output;
    unread.lost = lastLook.lost;
  } else {
    unread.lost += lastLook.lost + lastLook.output.length;
  }
}

function somethingNew(program: Program, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      program.wakes.delete(done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
    program.wakes.add(done);
  });
}
