import { Command } from 'commander';
import { act as createAct, type Ended } from './act.js';
import { verbs } from './commands/index.js';
import type { Context } from './context.js';

export type { Ended } from './act.js';

/** The whole command line. What it understands it does with `context`; how that ended is left in `ended`. */
export function createProgram(context: Context, ended: Ended): Command {
  const program = new Command('fermata')
    .description('Durable orchestration for AI coding agents.')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      // Errors are thrown and told in one place.
      writeErr: () => undefined,
      outputError: () => undefined,
    });
  const act = createAct(context, ended);
  for (const add of verbs) add(program, act);
  return program;
}
