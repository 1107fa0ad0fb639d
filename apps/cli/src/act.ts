import type { Command } from 'commander';
import type { Context, Outcome } from './context.js';
import { ExitCode } from './exit-code.js';

/** How the verb that was asked for ended. */
export interface Ended {
  exitCode: ExitCode;
}

type Work<Args extends unknown[]> = (context: Context, ...args: Args) => Promise<Outcome>;

/** Makes an action of what a verb does: prints what it came to, for a person or as JSON. */
export type Act = <Args extends unknown[]>(work: Work<Args>) => (...args: Args) => Promise<void>;

/** Adds one verb, or a family of them. */
export type AddVerb = (program: Command, act: Act) => void;

export function act(context: Context, ended: Ended): Act {
  return (work) =>
    async (...args) => {
      const { text, json, exitCode = ExitCode.done, printed = false } = await work(context, ...args);
      ended.exitCode = exitCode;
      if (printed) return;
      if (context.json) context.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
      else if (text !== '') context.stdout.write(`${text}\n`);
    };
}
