import { randomUUID } from 'node:crypto';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { forgetSandbox } from './contained-view.js';
import { gitText, isAncestor, resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath, worktreePath } from './git-context.js';
import { ifThere } from './if-there.js';
import { forgetPhantomChanges } from './line-endings.js';
import { removeTree } from './remove-tree.js';
import { adminFolderOf, linkedAdminFolder } from './worktree-link.js';
import { readMarker, writeMarker } from './worktree-marker.js';

export interface PreparedWorktree {
  path: string;
  /** The commit it is at. */
  head: string;
}

export interface PrepareWorktreeOptions {
  repositoryId: string;
  worktreeId: string;
  branch: string;
  /** Where the branch begins when it does not exist. */
  baseCommit: string;
  /** A checkpoint (ref or commit) to go on from when the branch is missing or behind it. */
  checkpoint?: string;
  signal?: AbortSignal;
}

export interface PrepareDetachedWorktreeOptions {
  repositoryId: string;
  worktreeId: string;
  commit: string;
  signal?: AbortSignal;
}

interface Place {
  repositoryId: string;
  worktreeId: string;
  mirror: string;
  path: string;
  admin: string;
  signal: AbortSignal | undefined;
}

/**
 * A worktree on the task's branch. One that is there is returned as it is, with whatever an agent has done in it; one
 * that is missing or half-made is made again from the branch or the checkpoint.
 * @throws DomainError `not_found` (base commit or mirror), `conflict` (the id is used for another branch)
 */
export async function prepareWorktree(context: GitContext, options: PrepareWorktreeOptions): Promise<PreparedWorktree> {
  const place = placeOf(context, options);
  return context.queue.run(place.path, async () => {
    if (await isComplete(place, options.branch)) {
      await linkedAdminFolder(context, place.path);
    } else {
      await makeWorktree(context, place, { branch: options.branch, from: () => ensureBranch(context, place, options) });
    }
    return { path: place.path, head: await headOf(context, place, options) };
  });
}

/**
 * A clean worktree at a commit and on no branch: for planning, measuring and landing. It is scratch: whatever was in it
 * before is thrown away, ignored files too.
 * @throws DomainError `not_found` (commit or mirror)
 */
export async function prepareDetachedWorktree(
  context: GitContext,
  options: PrepareDetachedWorktreeOptions,
): Promise<PreparedWorktree> {
  const place = placeOf(context, options);
  return context.queue.run(place.path, async () => {
    const commit = await knownCommit(context, place.mirror, options.commit);
    const cleaned = (await isComplete(place, null)) && (await tryToClean(context, place, commit));
    if (!cleaned) await makeWorktree(context, place, { branch: null, from: async () => commit });
    return { path: place.path, head: commit };
  });
}

/**
 * The commit that is checked out in a worktree of ours.
 * @throws DomainError `not_found` (no such worktree)
 */
export async function checkedOutCommit(context: GitContext, worktreeId: string): Promise<string> {
  const cwd = worktreePath(context, worktreeId);
  await linkedAdminFolder(context, cwd);
  return gitText(context, { cwd, args: ['rev-parse', '--verify', 'HEAD^{commit}'] });
}

function placeOf(
  context: GitContext,
  options: { repositoryId: string; worktreeId: string; signal?: AbortSignal },
): Place {
  const { repositoryId, worktreeId, signal } = options;
  const path = worktreePath(context, worktreeId);
  const admin = adminFolderOf(context, repositoryId, worktreeId);
  return { repositoryId, worktreeId, mirror: mirrorPath(context, repositoryId), path, admin, signal };
}

async function isComplete({ admin, path, worktreeId }: Place, branch: string | null): Promise<boolean> {
  const marker = await readMarker(admin);
  if (marker === null || !(await exists(path))) return false;
  if (marker.branch === branch) return true;
  const message = `the worktree ${worktreeId} is used for ${marker.branch ?? 'a detached commit'}: release it first`;
  throw new DomainError('conflict', message, { worktreeId });
}

interface Making {
  branch: string | null;
  /** What to check out: a branch or a commit. */
  from: () => Promise<string>;
}

/** Git reads about every worktree before it adds one, and fails when it finds one that is just being added. */
const raceOfWorktrees = /failed to read worktrees\/\S+/;

async function makeWorktree(context: GitContext, place: Place, { branch, from }: Making): Promise<void> {
  const { mirror, path, admin, signal } = place;
  await forgetSandbox(context, place.worktreeId);
  // Git's own bookkeeping of worktrees is not made for many at once; the long part, the checkout, is outside.
  await context.queue.run(mirror, async () => {
    await clearAway(place);
    const detach = branch === null ? ['--detach'] : [];
    const args = ['worktree', 'add', '--quiet', '--no-checkout', ...detach, '--', path, await from()];
    await runGit(context, { cwd: mirror, args, signal, raceIn: raceOfWorktrees });
  });
  await runGit(context, { cwd: path, args: ['reset', '--quiet', '--hard'], signal });
  await forgetPhantomChanges(context, { path, mirror });
  await writeMarker(admin, { repositoryId: place.repositoryId, branch });
}

/** Makes room. A folder that no mirror knows may hold work of a mirror that was lost: it is set aside, not removed. */
async function clearAway({ path, admin }: Place): Promise<void> {
  const known = await exists(admin);
  const files = ((await ifThere(readdir(path))) ?? []).filter((name) => name !== '.git');
  if (!known && files.length > 0) await rename(path, join(path, '..', `.set-aside-${randomUUID()}`));
  await removeTree(path);
  await removeTree(admin);
}

/** Makes the branch where it is missing, and brings it to the checkpoint where it is behind. Returns its name. */
async function ensureBranch(context: GitContext, { mirror }: Place, options: PrepareWorktreeOptions): Promise<string> {
  const ref = `refs/heads/${options.branch}`;
  const tip = await resolveCommit(context, mirror, ref);
  const saved = options.checkpoint === undefined ? null : await resolveCommit(context, mirror, options.checkpoint);
  const start = await startOf(context, mirror, { tip, saved, base: options.baseCommit });
  if (start !== tip) await runGit(context, { cwd: mirror, args: ['update-ref', ref, start, tip ?? ''] });
  return options.branch;
}

interface Starts {
  tip: string | null;
  saved: string | null;
  base: string;
}

async function startOf(context: GitContext, mirror: string, { tip, saved, base }: Starts): Promise<string> {
  if (tip === null) return saved ?? knownCommit(context, mirror, base);
  const behind = saved !== null && (await isAncestor(context, mirror, { ancestor: tip, of: saved }));
  return behind ? saved : tip;
}

async function headOf(context: GitContext, place: Place, options: PrepareWorktreeOptions): Promise<string> {
  const head = await resolveCommit(context, place.path, 'HEAD');
  if (head !== null) return head;
  // The branch was deleted under its worktree: the files are still there, so only the branch is made again.
  await ensureBranch(context, place, options);
  return knownCommit(context, place.path, 'HEAD');
}

async function tryToClean(context: GitContext, place: Place, commit: string): Promise<boolean> {
  const { path: cwd, mirror, worktreeId, signal } = place;
  try {
    await linkedAdminFolder(context, cwd);
    await runGit(context, { cwd, args: ['checkout', '--quiet', '--force', '--detach', commit], signal });
    await runGit(context, { cwd, args: ['reset', '--quiet', '--hard', commit], signal });
    await runGit(context, { cwd, args: ['clean', '--quiet', '-ffdx'], signal });
    await forgetPhantomChanges(context, { path: cwd, mirror });
    await forgetSandbox(context, worktreeId);
    return true;
  } catch {
    signal?.throwIfAborted();
    // Scratch that cannot be cleaned is made anew.
    return false;
  }
}

/** @throws DomainError `not_found` */
async function knownCommit(context: GitContext, mirror: string, name: string): Promise<string> {
  const commit = (await exists(mirror)) ? await resolveCommit(context, mirror, name) : null;
  if (commit !== null) return commit;
  throw new DomainError('not_found', `the mirror has no commit ${name}: sync it first`, { commit: name });
}

async function exists(path: string): Promise<boolean> {
  return (await ifThere(stat(path))) !== null;
}
