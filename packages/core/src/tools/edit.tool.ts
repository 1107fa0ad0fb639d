import { z } from 'zod';
import { type Edit, type EditResult, editText, judgeRetry } from './edit-text.js';
import { withSuggestions } from './missing-file.js';
import { explainMiss } from './near-miss.js';
import { replaceFile } from './replace-file.js';
import { readTextFile } from './text-file.js';
import { defineTool, failed, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';
import { describeWriteError } from './write-error.js';
import { isWellFormed } from './well-formed.js';

const maxLength = 1_000_000;

const input = z
  .strictObject({
    path: z.string().min(1).max(4_000).describe('The file, relative to the worktree. It must exist.'),
    old_string: z
      .string()
      .min(1, 'is empty: to make a new file or replace all of one use write')
      .max(maxLength)
      .describe('The text to replace, exactly as it is in the file, with its white space, without line numbers.'),
    new_string: z
      .string()
      .max(maxLength)
      .refine(isWellFormed, 'has half of a surrogate pair in it, which no file can hold')
      .describe('What takes its place. Empty to delete.'),
    replace_all: z.boolean().default(false).describe('Replace every place where it occurs, for example to rename.'),
  })
  .refine(
    (edit) => edit.old_string !== edit.new_string,
    'old_string and new_string are the same: nothing would change',
  );

export const editTool = defineTool({
  name: 'edit',
  class: 'idempotent',
  description:
    'Replaces a text in a file of the worktree by another, exactly. Read the file first, and copy old_string from it with all its spaces and line breaks, but without the line numbers that read shows. It must occur exactly once: take in as many lines around it as make it unique, or set replace_all. Line ends of the file (\\r\\n) and its mode are kept. When it is not found, the answer shows what comes close.',
  input,
  run: editFile,
});

async function editFile(args: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const path = await resolveWorktreePath(context.worktree, args.path);
  const file = await withSuggestions(path, context, () => readTextFile(path));
  if (!file.isUtf8)
    throw toolFailed(
      `${path.shown} is not UTF-8, so an edit would damage it: convert it first (iconv), or change it in the shell`,
    );
  const edit: Edit = { oldString: args.old_string, newString: args.new_string, replaceAll: args.replace_all };
  const lost = context.retry === true ? afterLostAttempt(file.text, edit, path) : null;
  if (lost !== null) return lost;
  const result = editText(file.text, edit);
  if (result.kind !== 'edited') return notEdited(result, { path, text: file.text, edit });
  context.signal.throwIfAborted();
  await replaceFile(path, result.text).catch((error: unknown) => {
    throw describeWriteError(error, path);
  });
  return succeeded(`Replaced ${places(result.lines)} in ${path.shown}.`, { mayHaveChangedFiles: true });
}

/** What to answer when an attempt before this one was lost and may have made the edit; null when it did not. */
function afterLostAttempt(text: string, edit: Edit, path: WorktreePath): ToolOutcome | null {
  switch (judgeRetry(text, edit)) {
    case 'apply':
      return null;
    case 'applied':
      return succeeded(`${path.shown} has the new text and no longer the old one: the edit is already applied.`, {
        mayHaveChangedFiles: true,
      });
    case 'unclear':
      return failed(
        'tool_failed',
        `This edit was interrupted, and whether it was made to ${path.shown} cannot be told from the file. It was not tried again. Read the file, and edit it again only when the change is missing.`,
        { mayHaveChangedFiles: true },
      );
  }
}

interface Missed {
  path: WorktreePath;
  text: string;
  edit: Edit;
}

function notEdited(result: Exclude<EditResult, { kind: 'edited' }>, { path, text, edit }: Missed): ToolOutcome {
  if (result.kind === 'missing') {
    return failed('tool_failed', `old_string was not found in ${path.shown}. ${explainMiss(text, edit.oldString)}`);
  }
  return failed(
    'tool_failed',
    `old_string occurs at ${places(result.lines)} in ${path.shown}: take in more of the lines around the one you mean, or set replace_all to change all.`,
  );
}

function places(lines: readonly number[]): string {
  const shown = lines.slice(0, 20).join(', ') + (lines.length > 20 ? ', …' : '');
  return `${lines.length} ${lines.length === 1 ? 'place' : 'places'} (line ${shown})`;
}
