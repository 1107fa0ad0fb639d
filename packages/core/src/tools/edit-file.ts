import { type Edit, type EditResult, editText, judgeRetry } from './edit-text.js';
import { contentFingerprint } from './fingerprint.js';
import { withSuggestions } from './missing-file.js';
import { explainMiss } from './near-miss.js';
import { replaceFile } from './replace-file.js';
import { readTextFile } from './text-file.js';
import { failed, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';
import { describeWriteError } from './write-error.js';

/** Edits of one file, one after the other: each sees what those before it have made. All are made, or none. */
export interface FileEdits {
  path: string;
  edits: readonly Edit[];
}

/** @throws DomainError for a file that is missing, no text, or cannot be written */
export async function editFile(order: FileEdits, context: ToolContext): Promise<ToolOutcome> {
  const path = await resolveWorktreePath(context.worktree, order.path);
  const { text, isUtf8 } = await withSuggestions(path, context, () => readTextFile(path));
  if (!isUtf8)
    throw toolFailed(
      `${path.shown} is not UTF-8, so an edit would damage it: convert it first (iconv), or change it in the shell`,
    );
  const lost = context.retry === true ? afterLostAttempt(text, order.edits, path) : null;
  if (lost !== null) return lost;
  const edited = applyInOrder(text, { path, edits: order.edits });
  if ('problem' in edited) return failed('tool_failed', edited.problem);
  context.signal.throwIfAborted();
  await replaceFile(path, edited.text).catch((error: unknown) => {
    throw describeWriteError(error, path);
  });
  const fingerprint = contentFingerprint([{ path: path.shown, text: edited.text }]);
  return succeeded(`Replaced ${places(edited.lines)} in ${path.shown}.`, { mayHaveChangedFiles: true, fingerprint });
}

interface Target {
  path: WorktreePath;
  edits: readonly Edit[];
}

type Edited = { text: string; lines: number[] } | { problem: string };

function applyInOrder(original: string, { path, edits }: Target): Edited {
  const lines: number[] = [];
  let text = original;
  for (const [index, edit] of edits.entries()) {
    const result = editText(text, edit);
    if (result.kind !== 'edited') {
      const before = edits.length > 1 ? `Nothing was changed, because of edit ${index + 1} of ${edits.length}: ` : '';
      return { problem: before + whyNot(result, { path, text, edit }) };
    }
    text = result.text;
    lines.push(...result.lines);
  }
  return { text, lines };
}

/**
 * What to answer when an attempt before this one was lost and may have made the edits; null when it did not. As all are
 * made or none, what can be told of one is so for all.
 */
function afterLostAttempt(text: string, edits: readonly Edit[], path: WorktreePath): ToolOutcome | null {
  const verdicts = new Set(edits.map((edit) => judgeRetry(text, edit)));
  const verdict = verdicts.size === 1 ? [...verdicts][0] : 'unclear';
  if (verdict === 'apply') return null;
  if (verdict === 'applied') {
    return succeeded(`${path.shown} has the new text and no longer the old one: the edit is already applied.`, {
      mayHaveChangedFiles: true,
    });
  }
  return failed(
    'tool_failed',
    `This edit was interrupted, and whether it was made to ${path.shown} cannot be told from the file. It was not tried again. Read the file, and edit it again only when the change is missing.`,
    { mayHaveChangedFiles: true },
  );
}

interface Missed {
  path: WorktreePath;
  text: string;
  edit: Edit;
}

function whyNot(result: Exclude<EditResult, { kind: 'edited' }>, { path, text, edit }: Missed): string {
  if (result.kind === 'missing')
    return `old_string was not found in ${path.shown}. ${explainMiss(text, edit.oldString)}`;
  return `old_string occurs at ${places(result.lines)} in ${path.shown}: take in more of the lines around the one you mean, or set replace_all to change all.`;
}

function places(lines: readonly number[]): string {
  const shown = lines.slice(0, 20).join(', ') + (lines.length > 20 ? ', …' : '');
  return `${lines.length} ${lines.length === 1 ? 'place' : 'places'} (line ${shown})`;
}
