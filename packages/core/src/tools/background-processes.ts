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
/** How long the rest of a word is waited for: a question at which a program waits may end in one. */
const restOfWordMs = 1_000;

interface Program extends BackgroundOwner {
  id: string;
  controller: AbortController;
  ended: Promise<void>;
  result: ProcessResult | null;
  unread: { output: string; lost: number };
  lastLook: { output: string; lost: number };
  /** The word that the last look would have cut: the rest of it had not come yet. */
  begunWord: string;
  wake: (() => void) | null;
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
      begunWord: '',
      wake: null,
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
  program.wake?.();
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
  program.wake?.();
}

async function lookAt(
  program: Program,
  { waitMs, again, signal }: Parameters<BackgroundShelf['look']>[1],
): Promise<BackgroundLook> {
  if (again) unlook(program);
  else if (program.unread.output === '' && program.result === null && waitMs > 0)
    await somethingNew(program, program.begunWord === '' ? waitMs : Math.min(waitMs, restOfWordMs), signal);
  const { output: news, lost } = program.unread;
  const all = program.begunWord + news;
  // A word that nothing has been added to since is whole, such as the end of a question.
  const output = program.result === null && news !== '' ? wholeWordsToEnd(all) : all;
  program.begunWord = all.slice(output.length);
  program.lastLook = { output, lost };
  program.unread = { output: '', lost: 0 };
  return { ...program.lastLook, result: program.result };
}

/** What the last look gave is there to be read. */
function unlook(program: Program): void {
  const { lastLook, begunWord, unread } = program;
  program.unread = { output: lastLook.output + begunWord + unread.output, lost: lastLook.lost + unread.lost };
  program.begunWord = '';
}

function somethingNew(program: Program, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      program.wake = null;
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
    program.wake = done;
  });
}
