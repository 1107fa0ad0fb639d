import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields } from './git-command.js';
import type { GitContext } from './git-context.js';

export interface Step {
  cwd: string;
  from: string;
  to: string;
}

export interface TouchedPaths {
  all: Set<string>;
  added: Set<string>;
  deleted: Set<string>;
}

/** The paths that differ between two commits. */
export async function touchedPaths(context: GitContext, { cwd, from, to }: Step): Promise<TouchedPaths> {
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--name-status', from, to];
  const fields = await gitFields(context, { cwd, args });
  const touched: TouchedPaths = { all: new Set(), added: new Set(), deleted: new Set() };
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const path = fields[index + 1] ?? '';
    touched.all.add(path);
    if (fields[index] === 'A') touched.added.add(path);
    if (fields[index] === 'D') touched.deleted.add(path);
  }
  return touched;
}

/**
 * Files in a clean checkout that git does not track and that a move would overwrite. Ignored files are among them: git
 * itself would overwrite those without a word.
 */
export async function untrackedInTheWay(cwd: string, { added, deleted }: TouchedPaths): Promise<string[]> {
  const found = new Set<string>();
  for (const path of added) for (const obstacle of await obstaclesTo(cwd, path, deleted)) found.add(obstacle);
  return [...found];
}

async function obstaclesTo(cwd: string, path: string, deleted: ReadonlySet<string>): Promise<string[]> {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length++) {
    const folder = parts.slice(0, length).join('/');
    // A tracked file or link that becomes a folder is git's to remove.
    if (deleted.has(folder)) return [];
    const present = await lstat(join(cwd, folder)).catch(() => null);
    if (!present) return [];
    if (!present.isDirectory()) return [folder];
  }
  const present = await lstat(join(cwd, path)).catch(() => null);
  if (!present) return [];
  if (!present.isDirectory()) return [path];
  const inside = await readdir(join(cwd, path), { recursive: true, withFileTypes: true });
  const files = inside.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(cwd.length + 1)).filter((file) => !deleted.has(file));
}
