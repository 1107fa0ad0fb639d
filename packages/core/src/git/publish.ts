import { DomainError } from '@fermata/contracts';
import { bringCommit } from './bring-commit.js';
import { resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';
import { isRemote } from './location.js';
import { readRemoteHeads } from './remote-heads.js';
import { checkoutOf } from './user-checkouts.js';

export interface PublishOptions {
  repositoryId: string;
  location: string;
  /** One of ours: `fermata/…`. */
  branch: string;
  signal?: AbortSignal;
}

export type PublishedBranch =
  | { state: 'published'; commit: string }
  /** Somebody has committed to it or has it checked out: it was left as it is. */
  | { state: 'left'; commit: string };

export type UnpublishedBranch = { state: 'removed' } | { state: 'absent' } | { state: 'left'; commit: string };

/**
 * Puts a task's branch, as it is now, into the user's repository for people to look at. Nothing of theirs is
 * overwritten. Repeating it is harmless.
 * @throws DomainError `invalid_input` for a branch that is not ours, `not_found` when the mirror has none
 */
export async function publishBranch(context: GitContext, options: PublishOptions): Promise<PublishedBranch> {
  const { mirror, theirs } = await stateOf(context, options);
  const commit = await resolveCommit(context, mirror, `refs/heads/${options.branch}`);
  if (commit === null) throw new DomainError('not_found', `the mirror has no branch "${options.branch}"`);
  if (theirs === commit) return recorded(context, options, commit);
  if (theirs !== null && !(await isReplaceable(context, options, theirs))) return { state: 'left', commit: theirs };
  // Recorded first: after a crash in between it is known to be ours.
  await recorded(context, options, commit);
  await moveTheirs(context, options, { from: theirs, to: commit });
  return { state: 'published', commit };
}

/** Takes the branch down again, but only as we published it. Repeating it is harmless. */
export async function unpublishBranch(context: GitContext, options: PublishOptions): Promise<UnpublishedBranch> {
  const { mirror, theirs } = await stateOf(context, options);
  if (theirs === null) return { state: 'absent' };
  const published = await resolveCommit(context, mirror, publishedRef(options.branch));
  if (theirs !== published || (await isCheckedOut(context, options))) return { state: 'left', commit: theirs };
  await moveTheirs(context, options, { from: theirs, to: null });
  return { state: 'removed' };
}

const publishedRef = (branch: string): string => `refs/fermata/published/${branch}`;

async function stateOf(
  context: GitContext,
  options: PublishOptions,
): Promise<{ mirror: string; theirs: string | null }> {
  const { branch, location, signal } = options;
  if (!branch.startsWith('fermata/')) {
    throw new DomainError('invalid_input', `"${branch}" is not a branch of ours: only fermata/… is published`);
  }
  const theirs = isRemote(location)
    ? ((await readRemoteHeads(context, { location, signal })).branches.get(branch) ?? null)
    : await resolveCommit(context, location, `refs/heads/${branch}`);
  return { mirror: mirrorPath(context, options.repositoryId), theirs };
}

/** A commit that the mirror has is not lost by replacing it there: the mirror never drops one. */
async function isReplaceable(context: GitContext, options: PublishOptions, theirs: string): Promise<boolean> {
  const known = await resolveCommit(context, mirrorPath(context, options.repositoryId), theirs);
  return known !== null && !(await isCheckedOut(context, options));
}

async function isCheckedOut(context: GitContext, { location, branch }: PublishOptions): Promise<boolean> {
  return !isRemote(location) && (await checkoutOf(context, location, branch)) !== null;
}

async function recorded(
  context: GitContext,
  { repositoryId, branch }: PublishOptions,
  commit: string,
): Promise<PublishedBranch> {
  await runGit(context, { cwd: mirrorPath(context, repositoryId), args: ['update-ref', publishedRef(branch), commit] });
  return { state: 'published', commit };
}

interface Move {
  from: string | null;
  /** Null: the branch goes. */
  to: string | null;
}

async function moveTheirs(context: GitContext, options: PublishOptions, { from, to }: Move): Promise<void> {
  const { repositoryId, location, branch, signal } = options;
  const ref = `refs/heads/${branch}`;
  if (isRemote(location)) {
    const args = [
      'push',
      '--quiet',
      '--no-verify',
      `--force-with-lease=${ref}:${from ?? ''}`,
      '--',
      location,
      `${to ?? ''}:${ref}`,
    ];
    await runGit(context, { cwd: mirrorPath(context, repositoryId), profile: 'user', args, signal });
    return;
  }
  if (to !== null) await bringCommit(context, { repositoryId, location, commit: to });
  const args =
    to === null
      ? ['update-ref', '-d', ref, from ?? '']
      : ['update-ref', '-m', 'fermata: published', ref, to, from ?? ''];
  await runGit(context, { cwd: location, profile: 'user', args, signal });
}
