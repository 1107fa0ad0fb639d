import { DomainError } from '@fermata/contracts';
import { lastWords } from '@fermata/contracts/redaction';
import { exceededWords, type ProcessOptions, type ProcessResult, runProcess } from '../processes/index.js';
import type { TurnEnd } from './take-turn.js';

export interface CommandTurn {
  /** What it is told: on its standard input, or where `{{prompt}}` is among its arguments. */
  prompt: string;
  /** Aborted: it is ended, with all it has started. */
  signal: AbortSignal;
}

/** Of what it prints, the most that is kept: its end is its result. */
const outputCapBytes = 256 * 1024;
const placeholder = '{{prompt}}';

/**
 * One turn of a program that takes an order and ends: its exit code says whether it did it, and the last line of its
 * standard output is what it has to say.
 * @returns also all of its output, capped
 * @throws DomainError `command_failed` when it exits otherwise than with 0; as `runProcess` when it cannot be started
 */
export async function runCommandAgent(
  options: Omit<ProcessOptions, 'stdin' | 'input' | 'signal'>,
  { prompt, signal }: CommandTurn,
): Promise<TurnEnd & { output: string }> {
  const { args = [] } = options;
  const takesArgument = args.some((arg) => arg.includes(placeholder));
  const result = await runProcess({
    ...options,
    args: args.map((arg) => arg.replaceAll(placeholder, prompt)),
    stdin: takesArgument ? '' : prompt,
    ...{ signal, outputCapBytes },
  });
  if (result.cancelled) return { stopReason: 'cancelled', lastWords: '', output: result.output };
  if (result.exitCode !== 0) throw failureOf(result);
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  return { stopReason: 'end_turn', lastWords: lines.at(-1) ?? '', output: result.output };
}

function failureOf({ exitCode, signal, output, exceeded }: ProcessResult): DomainError {
  const how = exceeded === undefined ? `exit code ${exitCode ?? signal}` : exceededWords(exceeded);
  const said = lastWords(output.trim(), 1_000);
  const message = `The agent's program failed (${how})${said === '' ? '.' : `: ${said}`}`;
  return new DomainError('command_failed', message, { exitCode, signal });
}
