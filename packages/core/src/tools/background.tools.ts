import { z } from 'zod';
import type { BackgroundLook, BackgroundShelf } from './background-processes.js';
import { endingOf } from './command-ending.js';
import { defineTool, failed, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';

const id = z
  .string()
  .min(1)
  .max(40)
  .describe('What bash answered when it started the command in the background: `bg-1`.');

const maxWaitMs = 60_000;

export const bashOutputTool = defineTool({
  name: 'bash_output',
  class: 'idempotent',
  description:
    'Shows what a command that bash runs in the background has printed since you looked last, and whether it still runs. With wait_ms it waits until there is something new.',
  input: z.strictObject({
    id,
    wait_ms: z.int().min(0).max(maxWaitMs).default(0).describe('How long to wait for something new, in milliseconds.'),
  }),
  run: async ({ id: program, wait_ms: waitMs }, context) => {
    const { signal, retry = false } = context;
    const look = await shelfOf(context).look(program, { waitMs, again: retry, signal });
    signal.throwIfAborted();
    return look === null ? unknown(program) : succeeded(lookText(program, look));
  },
});

export const bashStopTool = defineTool({
  name: 'bash_stop',
  class: 'idempotent',
  description:
    'Ends a command that bash runs in the background, with everything it started, and shows what it printed since you looked last.',
  input: z.strictObject({ id }),
  run: async ({ id: program }, context): Promise<ToolOutcome> => {
    const shelf = shelfOf(context);
    if (!(await shelf.stop(program))) return unknown(program);
    const look = await shelf.look(program, { waitMs: 0, again: false, signal: context.signal });
    return succeeded(look === null ? `[${program} was ended]` : lookText(program, look), { mayHaveChangedFiles: true });
  },
});

/** Where commands in the background are kept. */
export function shelfOf(context: ToolContext): BackgroundShelf {
  if (context.background === undefined) throw toolFailed('nothing can be run in the background here');
  return context.background;
}

export function lookText(program: string, { output, lost, result }: BackgroundLook): string {
  const before = lost > 0 ? [`[... ${lost} characters before this were too many to keep ...]`] : [];
  const standing =
    result === null ? `[${program} is running]` : endingOf(result).replace('[', `[${program} has ended: `);
  const nothing = output.trim() === '' ? ['[nothing new]'] : [];
  return [...before, ...nothing, output.trimEnd(), standing].filter((part) => part !== '').join('\n');
}

const unknown = (program: string): ToolOutcome =>
  failed(
    'not_found',
    `There is no command ${JSON.stringify(program)} in the background: it was never started, or it ended with the process of Fermata that ran it. Start it anew if you still need it.`,
  );
