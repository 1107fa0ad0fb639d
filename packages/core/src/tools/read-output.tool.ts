import { z } from 'zod';
import { fittingLines, numberedLine } from './numbered-lines.js';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.js';

const input = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no id of an output: it has 64 hexadecimal digits')
    .describe('As the answer that was cut gave it.'),
  offset: z.int().min(1).default(1).describe('The first line to show, counted from 1.'),
  limit: z.int().min(1).max(10_000).default(1_000).describe('How many lines to show at most.'),
  pattern: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('Show only lines that have this text in them, upper and lower case alike.'),
});

export const readOutputTool = defineTool({
  name: 'read_output',
  class: 'idempotent',
  quick: 'looks',
  description:
    'Shows more of a tool result that was too long to be shown whole: the lines from offset on, or those that have a text in them, each with its number. The id is in the last line of that result.',
  input,
  run: readOutput,
});

async function readOutput(args: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const whole = (await context.keptOutput?.(args.id)) ?? null;
  if (whole === null)
    return failed(
      'not_found',
      `There is no output ${args.id}. Ids are given in the last line of results that were cut.`,
    );
  const lines = whole.split('\n').map((text, index) => ({ number: index + 1, text }));
  const found = lines.filter(({ text }) => matches(text, args.pattern));
  const wanted = found.filter(({ number }) => number >= args.offset).slice(0, args.limit);
  const body = wanted.map(({ number, text }) => numberedLine(number, text, longestLine));
  const shown = fittingLines(body, context.outputCapBytes - footerBytes);
  const last = wanted[shown.length - 1]?.number ?? lines.length;
  const rest = found.filter(({ number }) => number > last).length;
  const more = rest > 0 ? [`[${rest} more of ${found.length} lines; go on with offset ${last + 1}]`] : [];
  return succeeded([...shown, ...more].join('\n') || '[no line]', { truncated: rest > 0 });
}

const matches = (text: string, pattern: string | undefined): boolean =>
  pattern === undefined || text.toLowerCase().includes(pattern.toLowerCase());

const longestLine = 4_000;
/** For the line that says how to go on. */
const footerBytes = 200;
