import type { Dirent } from 'node:fs';
import { lstat, opendir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { listedPath, listFiles } from './list-files.js';
import { withSuggestions } from './missing-file.js';
import { defineTool, succeeded, type ToolContext, toolFailed, type ToolOutcome } from './tool.js';
import { DomainError } from '@fermata/contracts';
import { openForReading, pathThrough } from './worktree-file.js';
import { resolveWorktreePath, type WorktreePath } from './worktree-path.js';

const maxEntries = 1_000;

const input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4_000)
    .default('.')
    .describe('The folder, relative to the worktree. Default: the worktree itself.'),
  depth: z.int().min(1).max(6).default(1).describe('How many levels of folders to show.'),
});

export const listTool = defineTool({
  name: 'list',
  class: 'idempotent',
  description: `Shows what is in a folder of the worktree, sorted, one entry a line; folders end in a slash, symbolic links show where they lead. Entries that git ignores are marked (ignored), and ignored folders are not opened unless you name them as the path. At most ${maxEntries} entries are shown. To find files by name use glob, by content grep.`,
  input,
  run: listFolder,
});

async function listFolder({ path, depth }: z.output<typeof input>, context: ToolContext): Promise<ToolOutcome> {
  const resolved = await resolveWorktreePath(context.worktree, path);
  await withSuggestions(resolved, context, () => assertFolder(resolved));
  const files = await listFiles({ under: resolved }, context);
  const walk: Walk = { root: resolved.root, known: withFolders(files), lines: [], signal: context.signal };
  await addEntries(resolved.absolute, { level: 0, depth }, walk);
  if (walk.lines.length === 0) return succeeded(`[${resolved.shown} is empty]`);
  const truncated = walk.lines.length > maxEntries;
  const note = truncated ? [`[more than ${maxEntries} entries: name a folder further down, or use glob]`] : [];
  return succeeded([...walk.lines.slice(0, maxEntries), ...note].join('\n'), { truncated });
}

async function assertFolder(path: WorktreePath): Promise<void> {
  if (!path.exists) throw new DomainError('not_found', `${path.shown} does not exist`);
  if (!(await lstat(path.absolute)).isDirectory()) throw toolFailed(`${path.shown} is a file: use read`);
}

/** The files and every folder that has one of them somewhere below. */
function withFolders(files: readonly string[]): Set<string> {
  const known = new Set<string>(files);
  for (const file of files) {
    for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) known.add(file.slice(0, end));
  }
  return known;
}

interface Walk {
  root: string;
  known: ReadonlySet<string>;
  lines: string[];
  signal: AbortSignal;
}

async function addEntries(
  folder: string,
  { level, depth }: { level: number; depth: number },
  walk: Walk,
): Promise<void> {
  walk.signal.throwIfAborted();
  for (const entry of await entriesOf(walk.root, folder)) {
    if (walk.lines.length > maxEntries) return;
    const path = join(folder, entry.name);
    const known = walk.known.has(relative(walk.root, path));
    walk.lines.push('  '.repeat(level) + (await entryLine(path, entry, known)));
    if (entry.kind === 'folder' && known && level + 1 < depth)
      await addEntries(path, { level: level + 1, depth }, walk);
  }
}

interface Entry {
  name: string;
  kind: 'folder' | 'link' | 'file';
}

/** Sorted, and bounded: a folder may have millions. */
async function entriesOf(root: string, folder: string): Promise<Entry[]> {
  const { handle } = await openForReading(listedPath(root, folder));
  try {
    const entries: Entry[] = [];
    for await (const entry of await opendir(pathThrough(handle, folder))) {
      if (entry.name === '.git') continue;
      entries.push({ name: entry.name, kind: kindOf(entry) });
      if (entries.length > 50 * maxEntries) break;
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    await handle.close();
  }
}

const kindOf = (entry: Dirent): Entry['kind'] =>
  entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'file';

async function entryLine(path: string, { name, kind }: Entry, known: boolean): Promise<string> {
  const shown = kind === 'folder' ? `${name}/` : kind === 'link' ? `${name} -> ${await readlink(path)}` : name;
  const why = kind === 'folder' ? '(ignored or empty)' : '(ignored)';
  return known ? shown : `${shown} ${why}`;
}
