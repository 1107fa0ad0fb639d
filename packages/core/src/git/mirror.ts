import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { gitText, resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';
import { ifThere } from './if-there.js';
import { repositoryEmpty } from './inspect-repository.js';
import { defaultBranchOf, readRemoteHeads } from './remote-heads.js';
import { removeTree } from './remove-tree.js';

export interface SyncMirrorOptions {
  repositoryId: string;
  /** Path or URL. */
  location: string;
  /** The branch to report. Default: the one its HEAD names. */
  branch?: string;
  signal?: AbortSignal;
}

export interface SyncedMirror {
  defaultBranch: string;
  headCommit: string;
}

/** Published branches are our own: they do not come back as if somebody else had made them. */
const refspecs = ['+refs/heads/*:refs/remotes/origin/*', '^refs/heads/fermata/*', '+refs/tags/*:refs/tags/*'];
/**
 * Another process has fetched the same meanwhile and moved the ref under us, or is just making a worktree, whose HEAD
 * names no commit yet. The next attempt finds it in place.
 */
const raceOfFetches = /cannot lock ref '[^']+'|bad object worktrees\/[^/]+\/HEAD/;
const abandonedAfterMs = 60 * 60_000;

/**
 * Brings the mirror up to date with its origin, making it when there is none. Reads the origin and writes only the
 * mirror; `refs/heads/*` of the origin become `refs/remotes/origin/*`.
 * @throws DomainError `repository_empty`, `not_found` (no such branch), or what fetching throws
 */
export async function syncMirror(context: GitContext, options: SyncMirrorOptions): Promise<SyncedMirror> {
  const mirror = mirrorPath(context, options.repositoryId);
  return context.queue.run(mirror, async () => {
    await fetchInto(context, mirror, options);
    const defaultBranch = options.branch ?? defaultBranchOf(await readRemoteHeads(context, options));
    if (defaultBranch === null) throw repositoryEmpty(options.location);
    return { defaultBranch, headCommit: await originCommit(context, mirror, defaultBranch) };
  });
}

/** @throws DomainError `not_found` when the origin has no such branch */
export async function originCommit(context: GitContext, mirror: string, branch: string): Promise<string> {
  const commit = await resolveCommit(context, mirror, `refs/remotes/origin/${branch}`);
  if (commit !== null) return commit;
  throw new DomainError('not_found', `the repository has no branch "${branch}"`, { branch });
}

/**
 * Removes the mirror of a repository that was not added after all. One that anything of ours is in (a worktree, a branch,
 * a kept commit) stays.
 * @returns whether it was removed
 */
export async function removeMirror(context: GitContext, repositoryId: string): Promise<boolean> {
  const mirror = mirrorPath(context, repositoryId);
  return context.queue.run(mirror, async () => {
    if ((await ifThere(stat(mirror))) === null || (await isUsed(context, mirror))) return false;
    // Out of the way first: a mirror that is there is complete, whenever we are killed.
    const abandoned = draftOf(mirror);
    await rename(mirror, abandoned);
    await removeTree(abandoned);
    return true;
  });
}

async function isUsed(context: GitContext, mirror: string): Promise<boolean> {
  const worktrees = (await ifThere(readdir(join(mirror, 'worktrees')))) ?? [];
  if (worktrees.length > 0) return true;
  const args = ['for-each-ref', '--count=1', '--format=%(refname)', 'refs/heads/', 'refs/fermata/'];
  return (await gitText(context, { cwd: mirror, args })) !== '';
}

/** Where a mirror is made, or unmade: what is found there later was left by a crash. */
function draftOf(mirror: string): string {
  return join(dirname(mirror), `.draft-${basename(mirror)}-${randomUUID()}`);
}

async function fetchInto(context: GitContext, mirror: string, options: SyncMirrorOptions): Promise<void> {
  if (await exists(mirror)) return fetchRefs(context, mirror, options);
  await removeAbandoned(dirname(mirror));
  // Made elsewhere and moved: a mirror that is there is complete, whenever we are killed.
  const draft = draftOf(mirror);
  try {
    await initialise(context, draft);
    await fetchRefs(context, draft, options);
    await rename(draft, mirror);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process was quicker.
    if (!(await exists(mirror))) throw error;
    await fetchRefs(context, mirror, options);
  }
}

async function initialise(context: GitContext, path: string): Promise<void> {
  await runGit(context, { cwd: context.dataDir, args: ['init', '--quiet', '--bare', '--template=', '--', path] });
  const { GIT_AUTHOR_NAME: name = '', GIT_AUTHOR_EMAIL: email = '' } = context.environments.own;
  const settings = {
    // For commits that an agent makes by itself.
    'user.name': name,
    'user.email': email,
    'gc.auto': '0',
    'maintenance.auto': 'false',
    // A landing fetches its commit by id.
    'uploadpack.allowAnySHA1InWant': 'true',
    // Worktrees need reflogs no less than other checkouts do.
    'core.logAllRefUpdates': 'true',
  };
  for (const [key, value] of Object.entries(settings)) {
    await gitText(context, { cwd: path, args: ['config', key, value] });
  }
}

async function fetchRefs(context: GitContext, cwd: string, { location, signal }: SyncMirrorOptions): Promise<void> {
  const flags = [
    '--quiet',
    '--prune',
    '--no-tags',
    '--no-write-fetch-head',
    '--update-shallow',
    '--no-recurse-submodules',
  ];
  const args = ['fetch', ...flags, '--no-auto-maintenance', '--refmap=', '--', location, ...refspecs];
  await runGit(context, { cwd, profile: 'user', args, signal, raceIn: raceOfFetches });
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = name.startsWith('.draft-') ? await stat(path).catch(() => null) : null;
    if (found && Date.now() - found.mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
