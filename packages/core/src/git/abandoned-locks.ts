import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { gitText } from './git-command.js';
import type { GitContext } from './git-context.js';
import { abandonedBeforeMs, processStartedAt } from './git-lock.js';
import type { Checkout } from './user-checkouts.js';

/**
 * Removes the locks that a landing of ours has left in the user's repository because its git was killed with us, as when
 * the power fails. Only for a landing that is known to have been broken off, only the locks that a landing takes, only
 * those from before our start, and only while no git runs there: what is in the way otherwise is somebody else's.
 */
export async function removeAbandonedLocks(context: GitContext, checkout: Checkout, ref: string): Promise<void> {
  const locks = await Promise.all(['index', 'HEAD', ref].map((name) => lockOf(context, checkout, name)));
  const abandoned = await Promise.all(locks.map(isFromBeforeOurStart));
  if (!abandoned.includes(true)) return;
  const folders = [checkout.path, checkout.gitDir, ...locks.map((lock) => resolve(lock, '..'))];
  if (await mayRunGitIn(folders)) return;
  await Promise.all(locks.filter((_lock, index) => abandoned[index]).map((lock) => rm(lock, { force: true })));
}

async function lockOf(context: GitContext, { path: cwd }: Checkout, name: string): Promise<string> {
  const args = ['rev-parse', '--git-path', `${name}.lock`];
  return resolve(cwd, await gitText(context, { cwd, profile: 'user', args }));
}

async function isFromBeforeOurStart(lock: string): Promise<boolean> {
  const found = await stat(lock).catch(() => null);
  return found !== null && found.mtimeMs < Math.min(processStartedAt, Date.now() - abandonedBeforeMs);
}

/** True also where nobody can tell: without /proc, and for a git of a user into whom we cannot look. */
async function mayRunGitIn(folders: readonly string[]): Promise<boolean> {
  const pids = await readdir('/proc').catch(() => null);
  if (!pids?.includes('self')) return true;
  const found = await Promise.all(pids.filter((pid) => /^\d+$/.test(pid)).map((pid) => folderOfGit(pid)));
  return found.some(
    (folder) => folder === '' || folders.some((known) => folder !== null && `${folder}${sep}`.startsWith(known + sep)),
  );
}

/** Null for what is no running git, empty for one whose folder we may not see. */
async function folderOfGit(pid: string): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (!/\(git[^)]*\) [^ZX]/.test(status)) return null;
  return readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? null : ''));
}
