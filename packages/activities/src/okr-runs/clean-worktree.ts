import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';

export type Repository = Awaited<ReturnType<Workspace['repositories']['get']>>;

export interface CleanWorktree {
  path: string;
  commit: string;
}

/** A clean worktree of the repository's default branch as it is now. */
export async function cleanWorktree(
  deps: ActivityDeps,
  repository: Repository,
  worktreeId: string,
): Promise<CleanWorktree> {
  const { signal } = activityScope();
  const { id: repositoryId, location, defaultBranch: branch } = repository;
  const { headCommit: commit } = await deps.git.syncMirror({ repositoryId, location, branch, signal });
  const { path } = await deps.git.prepareDetachedWorktree({ repositoryId, worktreeId, commit, signal });
  return { path, commit };
}
