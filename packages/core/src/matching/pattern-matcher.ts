import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DomainError } from '@fermata/contracts';
import type { LastGroup, MatchPattern, MatchRequest, TextMatches } from './match-request.js';

export interface MatcherOptions {
  /** For each question. */
  timeLimitMs: number;
  signal?: AbortSignal;
}

export interface PatternMatcher {
  /** For each text, which lines match. */
  matchLines(texts: readonly string[], maxPerText: number): Promise<TextMatches[]>;
  /** The first capture group of the last match in the text. */
  lastGroup(text: string): Promise<LastGroup>;
  /** Ends the thread. Must be called. */
  close(): Promise<void>;
}

// Compiled it lies beside this file as .js; under a test runner, which runs the sources, as .ts.
const threadFile = new URL(`./pattern.worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);

/**
 * Matches a pattern that somebody else wrote (a model, a plan). JavaScript's matcher may need exponential time and
 * cannot be stopped from its own thread, where it would also stop the heartbeats of everything that runs beside it: so it
 * gets a thread of its own, which can be ended. The dialect stays the one that models and people know.
 * @throws DomainError `invalid_input` when the pattern is no regular expression
 */
export function createPatternMatcher(pattern: MatchPattern, options: MatcherOptions): PatternMatcher {
  assertPattern(pattern);
  const limits = { maxOldGenerationSizeMb: 512 };
  const thread = new Worker(threadFile, { workerData: pattern, env: {}, execArgv: [], resourceLimits: limits });
  // Between two questions nobody listens; a failure then shows as the next question's `exit`.
  thread.on('error', () => undefined);
  const asking = { ...options, source: pattern.source };
  return {
    matchLines: (texts, maxPerText) => askThread<TextMatches[]>(thread, { kind: 'lines', texts, maxPerText }, asking),
    lastGroup: (text) => askThread<LastGroup>(thread, { kind: 'last_group', text }, asking),
    close: async () => void (await thread.terminate()),
  };
}

function assertPattern({ source, flags }: MatchPattern): void {
  try {
    new RegExp(source, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DomainError('invalid_input', `the pattern is not a regular expression: ${reason}`, {}, { cause: error });
  }
}

type Asking = MatcherOptions & { source: string };

async function askThread<T>(
  thread: Worker,
  request: MatchRequest,
  { timeLimitMs, signal, source }: Asking,
): Promise<T> {
  signal?.throwIfAborted();
  const done = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      const listen = { once: true, signal: done.signal };
      const timer = setTimeout(() => reject(tooSlow(source, timeLimitMs)), timeLimitMs);
      done.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), listen);
      listenOnce(thread, { resolve, reject: () => reject(gaveUp(source)), until: done.signal });
      thread.postMessage(request);
    });
  } catch (error) {
    await thread.terminate();
    throw error;
  } finally {
    done.abort();
  }
}

interface Listening<T> {
  resolve: (answer: T) => void;
  reject: () => void;
  until: AbortSignal;
}

function listenOnce<T>(thread: Worker, { resolve, reject, until }: Listening<T>): void {
  thread.once('message', resolve).once('error', reject).once('exit', reject);
  until.addEventListener('abort', () => {
    thread.off('message', resolve).off('error', reject).off('exit', reject);
  });
}

const tooSlow = (source: string, limitMs: number): DomainError =>
  new DomainError(
    'invalid_input',
    `the pattern ${quote(source)} took longer than ${limitMs / 1000} s: write one that does not backtrack so much (no nested repetition such as (a+)+)`,
    { timeLimitMs: limitMs },
  );

const gaveUp = (source: string): DomainError =>
  new DomainError(
    'invalid_input',
    `the pattern ${quote(source)} needs more memory than it may have: write a narrower one`,
  );

const quote = (source: string): string => JSON.stringify(source.length > 80 ? `${source.slice(0, 80)}…` : source);
