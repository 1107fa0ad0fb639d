import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDomainError } from '@fermata/contracts';
import type { GitContext } from './git-context.js';
import { readMarker } from './worktree-marker.js';

export interface ListedWorktree {
  worktreeId: string;
  path: string;
  /** Null when no mirror knows the folder, or when it is half-made or its marker damaged. */
  repositoryId: string | null;
  /** Null for a detached or half-made worktree. */
  branch: string | null;
  complete: boolean;
}

/** Every worktree folder there is, whole or not, for a sweep to compare with what the database knows. */
export async function listWorktrees(context: GitContext): Promise<ListedWorktree[]> {
  const folder = join(context.dataDir, 'worktrees');
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(names.map((worktreeId) => describe(worktreeId, join(folder, worktreeId), context)));
}

async function describe(worktreeId: string, path: string, context: GitContext): Promise<ListedWorktree> {
  const admin = await adminFolder(worktreeId, path, context);
  const marker = admin === null ? null : await readMarker(admin).catch(nullIfDamaged);
  const known = { repositoryId: marker?.repositoryId ?? null, branch: marker?.branch ?? null };
  return { worktreeId, path, ...known, complete: marker !== null };
}

/** One damaged worktree does not hide the others; whoever removes anything reads the marker for himself. */
function nullIfDamaged(error: unknown): null {
  if (isDomainError(error) && error.code === 'data_directory_unusable') return null;
  throw error;
}

async function adminFolder(worktreeId: string, path: string, context: GitContext): Promise<string | null> {
  const link = await readFile(join(path, '.git'), 'utf8').catch(() => '');
  const target = /^gitdir: (.+)\n?$/.exec(link)?.[1];
  if (target !== undefined) return target;
  const mirrors = join(context.dataDir, 'mirrors');
  for (const name of await readdir(mirrors)) {
    const admin = join(mirrors, name, 'worktrees', worktreeId);
    if (dirname(admin) !== mirrors && (await readMarker(admin).catch(nullIfDamaged)) !== null) return admin;
  }
  return null;
}
