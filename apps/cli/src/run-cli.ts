import { CommanderError } from 'commander';
import type { CliConfig } from './config.js';
import { type Context, type Streams } from './context.js';
import { createContext } from './create-context.js';
import { ExitCode, exitCodeOf } from './exit-code.js';
import { createProgram, type Ended } from './program.js';
import { renderError, toErrorDocument } from './rendering/error.js';
import { usageErrorOf } from './usage-error.js';

export interface Surroundings extends Streams {
  config: CliConfig;
  cwd: string;
}

/** Runs one command line and says what became of it. */
export async function runCli(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const context = createContext(surroundings, { json: asksForJson(argv) });
  const ended: Ended = { exitCode: ExitCode.done };
  const program = createProgram(context, ended);
  try {
    if (argv.length === 0) context.stderr.write(`${program.helpInformation()}\n`);
    await program.parseAsync([...argv], { from: 'user' });
    return ended.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.done;
    return tell(context, error instanceof CommanderError ? usageErrorOf(error, program, argv) : error);
  }
}

/** The way to say what is wrong with a command line must be known before it is understood. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function tell({ json, stdout, stderr, config }: Context, error: unknown): ExitCode {
  if (json) stdout.write(`${JSON.stringify(toErrorDocument(error), null, 2)}\n`);
  else stderr.write(`${renderError(error, { colours: stderr.isTTY === true && config.colours })}\n`);
  return exitCodeOf(error);
}
