import { stripVTControlCharacters, toUSVString } from 'node:util';
import { wholeWordsFromStart } from '@fermata/contracts/redaction';
import {
  type GateDefinition,
  type GateOutcome,
  GateState,
  isDomainError,
  type SandboxProfile,
} from '@fermata/contracts';
import { exceededWords, type ProcessResult, runProcess } from '../processes/index.js';

const storedBytes = 1024 * 1024;
const tailLength = 8_000;
/** A shell exits so when the program is not there or cannot be executed (POSIX, 2.8.2 Exit Status for Commands). */
const notStarted: readonly (number | null)[] = [126, 127];

export interface GateRun {
  /** Absolute path of the worktree. */
  cwd: string;
  /** The whole environment; scrubbed. */
  env: Readonly<Record<string, string>>;
  /** What it sees and may use. Absent: it runs as this user. */
  sandbox?: SandboxProfile;
  signal: AbortSignal;
  /** Called with output as it comes. */
  onOutput?: (chunk: string) => void;
}

export type GateResult = GateOutcome & {
  /** All it printed, at most 1 MiB: of more, the beginning and the end. */
  output: string;
};

/**
 * Runs one gate. It passed only if it exited 0 within its time; `not_run` when the program could not be started.
 * @throws the reason of `signal` when aborted; DomainError `unavailable` when the machine has no room for a process
 */
export async function runGate(gate: GateDefinition, run: GateRun): Promise<GateResult> {
  const { cwd, env, sandbox, signal, onOutput } = run;
  signal.throwIfAborted();
  const startedAt = performance.now();
  try {
    const result = await runProcess({
      command: gate.command,
      shell: true,
      cwd,
      env,
      signal,
      timeoutMs: gate.timeoutMs,
      outputCapBytes: storedBytes,
      ...(onOutput && { onOutput }),
      ...(sandbox && { sandbox }),
    });
    signal.throwIfAborted();
    return outcomeOf(gate, result);
  } catch (error) {
    signal.throwIfAborted();
    // `unavailable` may be over in a moment, so it is worth another try and not yet a result.
    if (!isDomainError(error) || error.code === 'unavailable') throw error;
    const durationMs = performance.now() - startedAt;
    const text = `The gate could not be started: ${error.message}`;
    return { name: gate.name, state: GateState.notRun, exitCode: null, durationMs, tail: text, output: text };
  }
}

function outcomeOf(gate: GateDefinition, result: ProcessResult): GateResult {
  const { exitCode, durationMs } = result;
  const output = storable(result.output);
  const tail = tailOf([output.trimEnd(), ...ending(gate, result)].join('\n'));
  return {
    name: gate.name,
    state: stateOf(result),
    exitCode: result.timedOut ? null : exitCode,
    durationMs,
    tail,
    output,
  };
}

function stateOf({ timedOut, exitCode, exceeded }: ProcessResult): GateState {
  if (timedOut) return GateState.timedOut;
  if (exceeded !== undefined) return GateState.failed;
  if (exitCode === 0) return GateState.passed;
  return notStarted.includes(exitCode) ? GateState.notRun : GateState.failed;
}

function ending(gate: GateDefinition, { timedOut, signal, exceeded }: ProcessResult): string[] {
  if (timedOut) return [`[ended: it took longer than its ${gate.timeoutMs / 1000} s]`];
  if (exceeded !== undefined) return [`[${exceededWords(exceeded)}]`];
  return signal === null ? [] : [`[ended by signal ${signal}]`];
}

/** Without colours, from the beginning of a line where one is near. */
function tailOf(output: string): string {
  const plain = stripVTControlCharacters(output);
  if (plain.length <= tailLength) return plain;
  const cut = plain.slice(-tailLength);
  const lineEnd = cut.indexOf('\n');
  return lineEnd !== -1 && lineEnd < 500 ? cut.slice(lineEnd + 1) : storable(wholeWordsFromStart(cut));
}

/** A database text can hold neither NUL nor half of a surrogate pair. */
const storable = (text: string): string => toUSVString(text).replaceAll('\0', '\uFFFD');
