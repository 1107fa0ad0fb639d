import { z } from 'zod';
import { contentFingerprint } from './fingerprint.js';
import { replaceFile } from './replace-file.js';
import { readTextFile, formatBytes } from './text-file.js';
import { defineTool, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { describeWriteError } from './write-error.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';
import { lstat } from 'node:fs/promises';
import { isWellFormed } from './well-formed.js';

const maxBytes = 5 * 1024 * 1024;

const input = z.strictObject({
  path: z.string().min(1).max(4_000).describe('The file, relative to the worktree. Missing folders are made.'),
  content: z
    .string()
    .max(maxBytes)
    .refine(isWellFormed, 'has half of a surrogate pair in it, which no file can hold')
    .describe('The whole new content of the file, exactly as it is to be stored, with its last line end.'),
});

export const writeTool = defineTool({
  name: 'write',
  class: 'idempotent',
  quick: 'changes',
  description:
    'Writes a file of the worktree as a whole: makes it when it does not exist, otherwise replaces everything in it. Use it for new files and complete rewrites; to change a part of a file use edit, which is safer and shorter. Never leave parts out with a comment such as "rest unchanged": what you give is what the file will hold.',
  input,
  run: writeFile,
});

async function writeFile({ path, content }: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const resolved = await resolveWorktreePath(context.worktree, path);
  const before = await currentContent(resolved);
  context.signal.throwIfAborted();
  const fingerprint = contentFingerprint([{ path: resolved.shown, text: content }]);
  if (before === content) return succeeded(`${resolved.shown} already holds exactly this content.`, { fingerprint });
  await replaceFile(resolved, content).catch((error: unknown) => {
    throw describeWriteError(error, resolved);
  });
  const size = formatBytes(Buffer.byteLength(content));
  const done = resolved.exists ? `Replaced the content of ${resolved.shown}` : `Made ${resolved.shown}`;
  return succeeded(`${done} (${size}).`, { mayHaveChangedFiles: true, fingerprint });
}

/** Null when there is none to compare with: missing, binary, huge or unreadable. */
async function currentContent(path: WorktreePath): Promise<string | null> {
  if (!path.exists) return null;
  const stats = await lstat(path.absolute);
  if (stats.isDirectory()) throw toolFailed(`${path.shown} is a folder: give the path of a file`);
  if (!stats.isFile()) throw toolFailed(`${path.shown} is no regular file, so it cannot be written`);
  const file = await readTextFile(path).catch(() => null);
  return file?.isUtf8 === true ? file.text : null;
}
