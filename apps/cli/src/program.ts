import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { act as createAct, type Ended } from './act.js';
import { verbs } from './commands/index.js';
import { calledAs } from './called-as.js';
import type { Context } from './context.js';

export type { Ended } from './act.js';

const exitCodes = `Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 the server cannot be reached, 4 denied,
5 a run did all its work and missed a target, 130 stopped watching.`;

function versionOf(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The whole command line. What it understands it does with `context`; how that ended is left in `ended`. */
export function createProgram(context: Context, ended: Ended): Command {
  const program = new Command(calledAs)
    .description('Durable orchestration for AI coding agents.')
    .version(versionOf(), '-V, --version', 'print the version')
    .addHelpText('after', `\n${exitCodes}`)
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
