import { existsSync } from 'node:fs';
import { isDomainError } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import type { TaskRow } from './task-texts.js';

/** Asked of git, because a crash may have kept the row from what the release has saved. */
export async function hasWork(
  deps: ActivityDeps,
  { repositoryId, branch, baseCommit, headCommit }: TaskRow,
): Promise<boolean> {
  if (branch === null || baseCommit === null || headCommit === null) return false;
  const of = { repositoryId, ancestor: `refs/heads/${branch}`, descendant: baseCommit };
  try {
    return !(await deps.git.isAncestor(of));
  } catch (error) {
    // Somebody deleted the branch: what was last seen of it decides.
    if (!isDomainError(error) || error.retryable) throw error;
    return headCommit !== baseCommit;
  }
}

/** The same, with what a worktree that could not be released still has. One that cannot be looked at counts as work. */
export async function mayHaveWork(deps: ActivityDeps, task: TaskRow): Promise<boolean> {
  const { id, baseCommit: base } = task;
  if (base === null) return false;
  if (await hasWork(deps, task)) return true;
  const worktreePath = deps.git.worktreePath(id);
  if (!existsSync(worktreePath)) return false;
  try {
    return !(await deps.git.diff({ worktreePath, base, capBytes: 1 })).empty;
  } catch (error) {
    if (!isDomainError(error) || error.retryable) throw error;
    return true;
  }
}
