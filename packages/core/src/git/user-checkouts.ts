import { lstat, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields, gitText } from './git-command.js';
import type { GitContext } from './git-context.js';

/** A working folder of the user's in which a branch is checked out. */
export interface Checkout {
  path: string;
  gitDir: string;
}

/** The checkout, main or linked, that stands on the branch, if there is one. */
export async function checkoutOf(context: GitContext, location: string, branch: string): Promise<Checkout | null> {
  const text = await gitText(context, { cwd: location, profile: 'user', args: ['worktree', 'list', '--porcelain'] });
  for (const block of text.split('\n\n')) {
    const path = /^worktree (.+)$/m.exec(block)?.[1];
    const holdsBranch = block.split('\n').includes(`branch refs/heads/${branch}`);
    const isBare = block.split('\n').includes('bare');
    // A folder that was removed by hand stays listed.
    if (path === undefined || !holdsBranch || isBare || !(await exists(path))) continue;
    return { path, gitDir: await gitDirOf(context, path) };
  }
  return null;
}

/** The checkout in which a rebase or bisection of the branch is going on: HEAD is detached, and will come back to it. */
export async function checkoutRebasing(
  context: GitContext,
  location: string,
  branch: string,
): Promise<Checkout | null> {
  const text = await gitText(context, { cwd: location, profile: 'user', args: ['worktree', 'list', '--porcelain'] });
  for (const [, path = ''] of text.matchAll(/^worktree (.+)$/gm)) {
    if (!(await exists(path))) continue;
    const gitDir = await gitDirOf(context, path);
    if (await isBackgroundBranch(gitDir, branch)) return { path, gitDir };
  }
  return null;
}

/** A merge, cherry-pick or revert that the user has not concluded. */
export async function hasOperationInProgress({ gitDir }: Checkout): Promise<boolean> {
  const files = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'sequencer', 'rebase-merge', 'rebase-apply'];
  return (await Promise.all(files.map((name) => exists(join(gitDir, name))))).includes(true);
}

/** Tracked files that differ from HEAD, staged or not. The user's own line-ending rules apply; their index is not written. */
export async function trackedChanges(context: GitContext, { path }: Checkout): Promise<string[]> {
  const args = ['status', '--porcelain=v1', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=dirty'];
  const fields = await gitFields(context, { cwd: path, profile: 'user', args });
  return fields.map((field) => field.slice(3));
}

/** Something is there under the path itself: a file, a folder or a dangling link. */
export async function isTaken(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null;
}

async function isBackgroundBranch(gitDir: string, branch: string): Promise<boolean> {
  const files = ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START'];
  const names = await Promise.all(files.map((name) => readFile(join(gitDir, name), 'utf8').catch(() => '')));
  return names.some((name) => [branch, `refs/heads/${branch}`].includes(name.trim()));
}

async function gitDirOf(context: GitContext, path: string): Promise<string> {
  return gitText(context, { cwd: path, profile: 'user', args: ['rev-parse', '--absolute-git-dir'] });
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
