import { lstat } from 'node:fs/promises';
import { z } from 'zod';
import { applyHunks } from './apply-hunks.js';
import { contentFingerprint } from './fingerprint.js';
import { withSuggestions } from './missing-file.js';
import { type FilePatch, readPatch } from './patch-text.js';
import { removeFile } from './remove-file.js';
import { replaceFile } from './replace-file.js';
import { readTextFile } from './text-file.js';
import { defineTool, failed, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { isWellFormed } from './well-formed.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';
import { describeWriteError } from './write-error.js';

const input = z.strictObject({
  patch: z
    .string()
    .min(1)
    .max(2_000_000)
    .refine(isWellFormed, 'has half of a surrogate pair in it, which no file can hold')
    .describe('The patch, from "*** Begin Patch" to "*** End Patch".'),
});

export const applyPatchTool = defineTool({
  name: 'apply_patch',
  // Several files cannot be changed in one step: after a crash some may have been.
  class: 'unsafe',
  description: `Changes several files of the worktree at once: adds, deletes, moves and edits them. Nothing is changed unless all of it fits. The form:
*** Begin Patch
*** Add File: path/new.txt
+each line of the new file
*** Update File: path/old.txt
*** Move to: path/renamed.txt
@@ a line that stands above the change, such as a function's first line
 a line that stays
-a line that goes
+a line that comes
*** Delete File: path/gone.txt
*** End Patch
"*** Move to" and the text after @@ may be left out. Give three lines that stay above and below each change, exactly as read shows them without the line numbers. Paths are relative to the worktree. This is no unified diff: there are no line numbers.`,
  input,
  problems: ({ patch }) => {
    const read = readPatch(patch);
    return read.ok ? [] : [read.problem];
  },
  run: applyPatch,
});

/** What is done about one file, found out before anything is done. */
interface FileChange {
  shown: string;
  write: { path: WorktreePath; text: string } | null;
  remove: WorktreePath | null;
}

async function applyPatch({ patch }: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const read = readPatch(patch);
  if (!read.ok) return failed('tool_input_invalid', read.problem);
  const changes: FileChange[] = [];
  for (const file of read.files) changes.push(await changeOf(file, context));
  context.signal.throwIfAborted();
  const done: string[] = [];
  for (const change of changes) {
    try {
      await make(change);
    } catch (error) {
      throw halfDone(error, done);
    }
    done.push(change.shown);
  }
  const written = changes.map(({ write, remove }) => ({
    path: (write?.path ?? remove)?.shown ?? '',
    text: write?.text ?? null,
  }));
  return succeeded(done.join('\n'), { mayHaveChangedFiles: true, fingerprint: contentFingerprint(written) });
}

async function make({ write, remove }: FileChange): Promise<void> {
  if (write) {
    await replaceFile(write.path, write.text, remove ?? undefined).catch((error: unknown) => {
      throw describeWriteError(error, write.path);
    });
  }
  if (remove) await removeFile(remove);
}

function halfDone(error: unknown, done: readonly string[]): unknown {
  if (done.length === 0 || !(error instanceof Error)) return error;
  return toolFailed(`Only a part of the patch was applied (${done.join(' ')}), then: ${error.message}`);
}

async function changeOf(file: FilePatch, context: ToolContext): Promise<FileChange> {
  const path = await resolveWorktreePath(context.worktree, file.path);
  switch (file.kind) {
    case 'add': {
      await assertFree(path);
      return {
        shown: `Added ${path.shown}.`,
        write: { path, text: file.lines.map((line) => `${line}\n`).join('') },
        remove: null,
      };
    }
    case 'delete':
      await assertFile(path, context);
      return { shown: `Deleted ${path.shown}.`, write: null, remove: path };
    case 'update':
      return updateOf(file, path, context);
  }
}

async function updateOf(
  file: Extract<FilePatch, { kind: 'update' }>,
  path: WorktreePath,
  context: ToolContext,
): Promise<FileChange> {
  const { text, isUtf8 } = await withSuggestions(path, context, () => readTextFile(path));
  if (!isUtf8) throw toolFailed(`${path.shown} is not UTF-8, so a patch would damage it: convert it first (iconv)`);
  const patched = applyHunks(text, file.hunks);
  if (!patched.ok) throw toolFailed(`Nothing was changed. ${path.shown}, ${patched.problem}.`);
  if (file.moveTo === null)
    return { shown: `Changed ${path.shown}.`, write: { path, text: patched.text }, remove: null };
  const target = await resolveWorktreePath(context.worktree, file.moveTo);
  await assertFree(target);
  return {
    shown: `Moved ${path.shown} to ${target.shown}.`,
    write: { path: target, text: patched.text },
    remove: path,
  };
}

async function assertFree(path: WorktreePath): Promise<void> {
  if (path.exists)
    throw toolFailed(`Nothing was changed: ${path.shown} exists already. Use "*** Update File: " for it`);
}

async function assertFile(path: WorktreePath, context: ToolContext): Promise<void> {
  const stats = await withSuggestions(path, context, async () => {
    if (!path.exists) await readTextFile(path);
    return lstat(path.absolute);
  });
  if (!stats.isFile()) throw toolFailed(`Nothing was changed: ${path.shown} is no regular file`);
}
