import { DomainError } from '@fermata/contracts';
import { commitMessage, type Trailers } from './commit-message.js';
import { gitFields, gitText, resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';
import { gitError } from './git-error.js';
import { headTrailer, landedCommit, taskTrailer } from './landed-commit.js';
import { unmergedFiles } from './merge-target.js';
import { syncMirror } from './mirror.js';
import { prepareDetachedWorktree } from './worktree.js';

export interface PrepareLandingOptions {
  repositoryId: string;
  location: string;
  /** The scratch worktree in which the commit is made and the gates can run. */
  worktreeId: string;
  /** The task's branch. */
  branch: string;
  /** Of the target, where the branch began or what it merged last: how far back a landed commit of it is looked for. */
  baseCommit: string;
  targetBranch: string;
  message: string;
  /** `Fermata-Task` must be among them: it is how a landed task is found. */
  trailers: Trailers;
  signal?: AbortSignal;
}

export type PreparedLanding =
  | { state: 'prepared'; commit: string; targetCommit: string; worktreePath: string }
  | { state: 'already_landed'; commit: string }
  | { state: 'conflict'; targetCommit: string; files: string[] }
  /** There is nothing to land, or the target has it already by other hands. */
  | { state: 'empty' };

/**
 * Makes one commit of all the task's changes on top of the target as it is now, and checks it out in a clean worktree.
 * What the branch has merged from the target is not among the changes. The same branch on the same target gives the
 * same commit id. Touches nothing of the user's.
 * @throws DomainError `not_found` (branch or target), `invalid_input` (no task trailer)
 */
export async function prepareLanding(context: GitContext, options: PrepareLandingOptions): Promise<PreparedLanding> {
  const { repositoryId, location, worktreeId, targetBranch } = options;
  const task = options.trailers[taskTrailer];
  if (task === undefined) throw new DomainError('invalid_input', `a landing needs the trailer ${taskTrailer}`);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const mirror = mirrorPath(context, repositoryId);
  const synced = await syncMirror(context, { repositoryId, location, branch: targetBranch, ...signal });
  const targetCommit = synced.headCommit;
  const head = await branchHead(context, mirror, options.branch);
  const landed = await landedCommit(context, mirror, { task, head, since: options.baseCommit, targetCommit });
  if (landed !== null) return { state: 'already_landed', commit: landed };
  const { path } = await prepareDetachedWorktree(context, {
    repositoryId,
    worktreeId,
    commit: targetCommit,
    ...signal,
  });
  return squash(context, { options, worktreePath: path, head, targetCommit });
}

async function branchHead(context: GitContext, mirror: string, branch: string): Promise<string> {
  const head = await resolveCommit(context, mirror, `refs/heads/${branch}`);
  if (head !== null) return head;
  throw new DomainError('not_found', `the mirror has no branch "${branch}" to land`, { branch });
}

interface Squash {
  options: PrepareLandingOptions;
  worktreePath: string;
  head: string;
  targetCommit: string;
}

async function squash(
  context: GitContext,
  { options, worktreePath, head, targetCommit }: Squash,
): Promise<PreparedLanding> {
  const cwd = worktreePath;
  const { signal } = options;
  const args = ['merge', '--squash', '--quiet', '--no-edit', head];
  const merged = await runGit(context, { cwd, args, signal, answers: [0, 1] });
  if (merged.exitCode !== 0) {
    const files = await unmergedFiles(context, cwd);
    await runGit(context, { cwd, args: ['reset', '--quiet', '--hard'] });
    if (files.length === 0) throw gitError(merged, { cwd, args });
    return { state: 'conflict', targetCommit, files };
  }
  const tree = await gitText(context, { cwd, args: ['write-tree'] });
  if (tree === (await gitText(context, { cwd, args: ['rev-parse', `${targetCommit}^{tree}`] })))
    return { state: 'empty' };
  const commit = await landingCommit(context, { options, worktreePath, head, targetCommit }, tree);
  await runGit(context, { cwd, args: ['reset', '--quiet', '--hard', commit], signal });
  return { state: 'prepared', commit, targetCommit, worktreePath };
}

/** Dated like the work it holds, so that making it again gives the same id. */
async function landingCommit(
  context: GitContext,
  { options, worktreePath, head, targetCommit }: Squash,
  tree: string,
): Promise<string> {
  const [seconds = '0'] = await gitFields(context, {
    cwd: worktreePath,
    args: ['show', '-s', '-z', '--format=%ct', head],
  });
  const date = `@${seconds.trim()} +0000`;
  const stdin = commitMessage(options.message, { ...options.trailers, [headTrailer]: head });
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const args = ['commit-tree', tree, '-p', targetCommit, '-F', '-'];
  return gitText(context, { cwd: worktreePath, args, env, stdin });
}
