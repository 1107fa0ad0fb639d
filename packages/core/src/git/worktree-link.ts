import { randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { type GitContext, mirrorPath } from './git-context.js';

/** Where git keeps HEAD and index of a worktree. Git names the folder after the worktree's. */
export function adminFolderOf(context: GitContext, repositoryId: string, worktreeId: string): string {
  return join(mirrorPath(context, repositoryId), 'worktrees', worktreeId);
}

/**
 * The administrative folder of a worktree of ours. An agent may have removed the `.git` file that leads to it, or put a
 * repository of its own, or a link elsewhere, in its place: the link is restored, and what was there is set aside.
 * @throws DomainError `not_found` when no mirror knows the worktree
 */
export async function linkedAdminFolder(context: GitContext, path: string): Promise<string> {
  const link = join(path, '.git');
  const present = await lstat(link).catch(() => null);
  const target = present?.isFile() === true ? await linkTarget(link) : null;
  if (target !== null && isOurs(context, target) && (await exists(target))) return target;
  const admin = await findAdminFolder(context, path);
  if (present !== null && !present.isFile()) await rename(link, join(admin, `set-aside-${randomUUID()}`));
  await writeFile(link, `gitdir: ${admin}\n`);
  return admin;
}

async function linkTarget(link: string): Promise<string | null> {
  const text = await readFile(link, 'utf8').catch(() => '');
  return /^gitdir: (.+)\n?$/.exec(text)?.[1] ?? null;
}

function isOurs(context: GitContext, target: string): boolean {
  return resolve(target) === target && target.startsWith(join(context.dataDir, 'mirrors') + sep);
}

async function findAdminFolder(context: GitContext, path: string): Promise<string> {
  const mirrors = join(context.dataDir, 'mirrors');
  for (const name of await readdir(mirrors)) {
    const admin = join(mirrors, name, 'worktrees', basename(path));
    if (!name.startsWith('.') && (await exists(admin))) return admin;
  }
  throw new DomainError('not_found', `${path} is not a worktree of ours: prepare it first`, { path });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
