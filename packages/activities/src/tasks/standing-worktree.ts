import { existsSync } from 'node:fs';
import type { ActivityDeps } from '../deps.js';
import { cleanWorktree } from '../okr-runs/clean-worktree.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';
import { runSetup } from './run-setup.js';
import type { TaskRow } from './task-texts.js';

/** Where a folder that somebody has removed was made again from; null where it stands. */
export type Rebuilt = { commit: string } | null;

interface Place {
  deps: ActivityDeps;
  workspace: Workspace;
}

/**
 * Makes the worktree of a task again when somebody has removed its folder: from its branch, which every checkpoint moves,
 * and set up anew. What had not been committed by then is gone.
 * @throws what git and the set-up commands throw
 */
export async function standingTaskWorktree({ deps, workspace }: Place, task: TaskRow): Promise<Rebuilt> {
  const { id: worktreeId, repositoryId, branch, baseCommit } = task;
  // Without a branch it was never made: that is a step of its own.
  if (existsSync(deps.git.worktreePath(worktreeId)) || branch === null || baseCommit === null) return null;
  const { signal } = activityScope();
  const { setupCommands: commands } = await workspace.repositories.get(repositoryId);
  const { head } = await deps.git.prepareWorktree({ repositoryId, worktreeId, branch, baseCommit, signal });
  await runSetup(deps, { worktreeId, commands });
  return { commit: head };
}

/** The same for the worktree that the planner reads. */
export async function standingPlanWorktree(
  { deps, workspace }: Place,
  { okrRunId, worktreeId }: { okrRunId: string; worktreeId: string },
): Promise<Rebuilt> {
  if (existsSync(deps.git.worktreePath(worktreeId))) return null;
  const { repositoryId } = await workspace.okrRuns.get(okrRunId);
  const { commit } = await cleanWorktree(deps, await workspace.repositories.get(repositoryId), worktreeId);
  return { commit };
}
