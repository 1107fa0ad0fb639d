import { toUSVString } from 'node:util';
import { lastWords } from '@fermata/contracts/redaction';
import { DomainError, isDomainError, type Measure, type SandboxProfile } from '@fermata/contracts';
import { exceededWords, type ProcessResult, runProcess } from '../processes/index.js';
import { measureFailed } from './measure-failure.js';
import { readValue } from './read-value.js';

const keptBytes = 16 * 1024 * 1024;
const evidenceLength = 64_000;
/** The line that stands for what was cut out of long output: its number is ours, not the command's. */
const cutLine = /^\[\.\.\. \d+ bytes cut \.\.\.\]$/gm;

export type CommandMeasure = Extract<Measure, { kind: 'command' }>;

export interface MeasureRun {
  /** Absolute path of the checkout that is measured. */
  cwd: string;
  /** The whole environment; scrubbed. */
  env: Readonly<Record<string, string>>;
  /** What it sees and may use. Absent: it runs as this user. */
  sandbox?: SandboxProfile;
  signal: AbortSignal;
  /** Called with output as it comes. */
  onOutput?: (chunk: string) => void;
}

export interface Measured {
  value: number;
  exitCode: number | null;
  /** What it printed, the evidence of the value: at most about 64,000 characters of its end. */
  output: string;
}

/**
 * Runs the command of a measure and reads its value.
 * @throws DomainError `measure_failed` when it could not be started, took too long, or its value cannot be read (details
 *   have the exit code and the end of the output); `unavailable` when the machine has no room for a process; the reason
 *   of `signal` when aborted
 */
export async function measureCommand(measure: CommandMeasure, run: MeasureRun): Promise<Measured> {
  run.signal.throwIfAborted();
  const result = await runMeasure(measure, run);
  run.signal.throwIfAborted();
  const evidence = { exitCode: result.exitCode, output: lastOf(result.output, 2_000) };
  if (result.timedOut) {
    throw measureFailed(`the command took longer than its ${measure.timeoutMs / 1000} s and was ended`, evidence);
  }
  if (result.exceeded !== undefined) throw measureFailed(`the command: ${exceededWords(result.exceeded)}`, evidence);
  try {
    const stdout = result.stdout.replace(cutLine, '');
    const value = await readValue(measure.read, { exitCode: result.exitCode, stdout }, run.signal);
    return { value, exitCode: result.exitCode, output: lastOf(result.output, evidenceLength) };
  } catch (error) {
    if (!isDomainError(error)) throw error;
    throw new DomainError(error.code, error.message, { ...error.details, ...evidence }, { cause: error });
  }
}

async function runMeasure({ command, timeoutMs }: CommandMeasure, run: MeasureRun): Promise<ProcessResult> {
  try {
    const limits = { timeoutMs, outputCapBytes: keptBytes };
    return await runProcess({ command, shell: true, ...run, ...limits });
  } catch (error) {
    run.signal.throwIfAborted();
    if (!isDomainError(error) || error.code === 'unavailable') throw error;
    throw measureFailed(`the command could not be started: ${error.message}`, {}, error);
  }
}

/** Storable: a database text can hold neither NUL nor half of a surrogate pair. */
const lastOf = (output: string, length: number): string =>
  toUSVString(lastWords(output, length)).replaceAll('\0', '\uFFFD');
