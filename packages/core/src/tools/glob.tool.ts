import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { expandGlob } from './expand-glob.js';
import { listFiles } from './list-files.js';
import { defineTool, succeeded, type ToolContext, type ToolOutcome } from './tool.js';
import { resolveWorktreePath } from './worktree-path.js';

const maxPaths = 500;

const input = z.strictObject({
  pattern: z.string().min(1).max(400).describe('For example src/**/*.test.ts, *.{ts,tsx} or package.json.'),
  path: z
    .string()
    .min(1)
    .max(4_000)
    .default('.')
    .describe('Only look below this folder; the pattern is relative to it.'),
});

export const globTool = defineTool({
  name: 'glob',
  class: 'idempotent',
  description: `Finds files of the worktree by name and shows their paths, sorted, relative to the worktree. * and ? match within a name, ** matches any number of folders, [abc] one of the characters, {a,b} either; a pattern without a slash finds such names in every folder. Files that git ignores are left out, unless path names an ignored folder. At most ${maxPaths} paths are shown. To find files by content use grep.`,
  input,
  run: findFiles,
});

async function findFiles({ pattern, path }: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const under = await resolveWorktreePath(context.worktree, path);
  const listed = await listFiles({ under, globs: expandGlob(pattern) }, context);
  const existing = await firstExisting(under.root, listed);
  if (existing.length === 0)
    return succeeded(`[no file matches ${pattern}${path === '.' ? '' : ` below ${under.shown}`}]`);
  const truncated = existing.length > maxPaths;
  const note = truncated
    ? [`[more than ${maxPaths} files of ${listed.length} match: use a narrower pattern or path]`]
    : [];
  return succeeded([...existing.slice(0, maxPaths), ...note].join('\n'), { truncated });
}

/** Git lists tracked files that were deleted, too. One more than is shown, to know whether there are more. */
async function firstExisting(root: string, paths: readonly string[]): Promise<string[]> {
  const existing: string[] = [];
  for (const path of paths) {
    if (existing.length > maxPaths) break;
    const found = await lstat(join(root, path)).catch(() => null);
    if (found !== null) existing.push(path);
  }
  return existing;
}
