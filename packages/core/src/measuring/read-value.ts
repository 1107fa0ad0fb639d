import { stripVTControlCharacters } from 'node:util';
import { assertNever, isDomainError, type ValueReader } from '@fermata/contracts';
import { createPatternMatcher } from '../matching/index.js';
import { followPointer } from './json-pointer.js';
import { excerpt, measureFailed } from './measure-failure.js';
import { finite, parseNumber } from './parse-number.js';

export interface Printed {
  /** Null when a signal ended the command. */
  exitCode: number | null;
  stdout: string;
}

const patternTimeLimitMs = 5_000;

/**
 * The value in what a command printed. Regular expressions and pointers read it whatever the exit code: a test runner
 * that counts its failures exits with 1. In a regular expression ^ and $ also match at the ends of lines. It is
 * asynchronous because a pattern runs on a thread of its own, where one that never ends can be stopped.
 * @throws DomainError `measure_failed` when there is no finite number where the reader says; the reason of `signal` when
 *   aborted
 */
export async function readValue(reader: ValueReader, printed: Printed, signal?: AbortSignal): Promise<number> {
  switch (reader.type) {
    case 'exit_code':
      return readExitCode(printed.exitCode);
    case 'regex':
      return readMatch(reader.pattern, printed, signal);
    case 'json_pointer':
      return readPointer(reader.pointer, printed);
    default:
      return assertNever(reader);
  }
}

/**
 * 1 for 0, otherwise 0. A command that could not be started (126, 127 from a shell) or was killed says nothing about
 * what it was to measure: 0 would be a success where less is better.
 */
function readExitCode(exitCode: number | null): number {
  if (exitCode === null) throw measureFailed('the command was ended by a signal, so its exit code says nothing');
  if (exitCode === 126 || exitCode === 127) {
    throw measureFailed(
      `the command could not be started (exit code ${exitCode}): install what it needs, or correct it`,
      { exitCode },
    );
  }
  return exitCode === 0 ? 1 : 0;
}

async function readMatch(pattern: string, { stdout, exitCode }: Printed, signal?: AbortSignal): Promise<number> {
  const text = stripVTControlCharacters(stdout);
  const group = await lastGroup(pattern, text, signal).catch((error: unknown) => {
    throw isDomainError(error) ? measureFailed(error.message, error.details, error) : error;
  });
  if (group.found !== null) return parseNumber(group.found, `what the pattern /${pattern}/ captured`);
  if (group.reason === 'no_group') {
    throw measureFailed(`the pattern /${pattern}/ matched but captured nothing: put the number in parentheses`);
  }
  throw measureFailed(`the pattern /${pattern}/ matched nothing in ${described(text, exitCode)}`);
}

async function lastGroup(source: string, text: string, signal?: AbortSignal) {
  const options = { timeLimitMs: patternTimeLimitMs, ...(signal && { signal }) };
  const matcher = createPatternMatcher({ source, flags: 'm' }, options);
  try {
    return await matcher.lastGroup(text);
  } finally {
    await matcher.close();
  }
}

function readPointer(pointer: string, { stdout, exitCode }: Printed): number {
  const pointed = followPointer(parseDocument(stdout, exitCode), pointer);
  const where = pointer === '' ? 'the JSON on stdout' : `${pointer} in the JSON on stdout`;
  if (!pointed.found) throw measureFailed(`the JSON on stdout has no ${pointed.missing}`);
  if (typeof pointed.value === 'number') return finite(pointed.value, where);
  if (typeof pointed.value === 'string') return parseNumber(pointed.value, where);
  throw measureFailed(`${where} is ${excerpt(JSON.stringify(pointed.value))}, which is not a number`);
}

function parseDocument(stdout: string, exitCode: number | null): unknown {
  try {
    return JSON.parse(stdout.replace(/^\uFEFF/, ''));
  } catch (error) {
    const hint = 'it must print one JSON document and nothing else (npm needs --silent)';
    throw measureFailed(`stdout is not JSON: ${hint}. It is ${described(stdout, exitCode)}`, {}, error);
  }
}

function described(stdout: string, exitCode: number | null): string {
  const code = exitCode === null ? 'ended by a signal' : `exit code ${exitCode}`;
  return stdout.trim() === '' ? `an empty stdout (${code})` : `${excerpt(stdout.trim())} (${code})`;
}
