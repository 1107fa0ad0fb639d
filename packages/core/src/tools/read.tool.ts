import { z } from 'zod';
import { readTextFile, type TextFile } from './text-file.js';
import { withSuggestions } from './missing-file.js';
import { fittingLines, numberedLine } from './numbered-lines.js';
import { defineTool, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { resolveWorktreePath } from './worktree-path.js';

const defaultLines = 2_000;
const maxLineLength = 2_000;
/** Kept free for the line that says how to go on. */
const footerBytes = 250;

const input = z.strictObject({
  path: z.string().min(1).max(4_000).describe('The file, relative to the worktree, for example src/index.ts.'),
  offset: z.int().min(1).default(1).describe('The first line to show, counted from 1.'),
  limit: z.int().min(1).max(10_000).default(defaultLines).describe('How many lines to show at most.'),
});

export const readTool = defineTool({
  name: 'read',
  class: 'idempotent',
  quick: 'looks',
  description: `Shows a text file of the worktree with line numbers. Each line of the answer is the line number, a tab, and the line itself; number and tab are not part of the file, so leave them out when you quote the file in edit. Without offset and limit it shows the first ${defaultLines} lines; a last line in square brackets says when there is more and how to go on. Lines longer than ${maxLineLength} characters are cut. Read a file before you edit it. For folders use list, to find text use grep.`,
  input,
  run: readFile,
});

async function readFile({ path, offset, limit }: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const resolved = await resolveWorktreePath(context.worktree, path);
  const file = await withSuggestions(resolved, context, () => readTextFile(resolved));
  context.signal.throwIfAborted();
  const lines = splitLines(file.text);
  if (lines.length === 0) return succeeded(`[${resolved.shown} is empty]`);
  if (offset > lines.length) throw toolFailed(`${resolved.shown} has only ${lines.length} lines: use a smaller offset`);
  const wanted = lines
    .slice(offset - 1, offset - 1 + limit)
    .map((line, index) => numberedLine(offset + index, line, maxLineLength));
  const shown = fittingLines(wanted, context.outputCapBytes - footerBytes);
  const notes = notesOn({ offset, shown: shown.length, lines: lines.length }, file);
  return succeeded([...shown, ...notes].join('\n'), { truncated: offset > 1 || shown.length < lines.length });
}

/** The lines without their ends. An end of line at the end of the file starts no further line. */
export function splitLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

interface Extent {
  offset: number;
  shown: number;
  lines: number;
}

function notesOn({ offset, shown, lines }: Extent, file: TextFile): string[] {
  const last = offset + shown - 1;
  const more = last < lines ? [`[lines ${offset} to ${last} of ${lines}; go on with offset ${last + 1}]`] : [];
  const encoding = file.isUtf8
    ? []
    : ['[the file is not UTF-8: \uFFFD stands for bytes that cannot be shown; edit refuses it]'];
  return [...more, ...encoding];
}
