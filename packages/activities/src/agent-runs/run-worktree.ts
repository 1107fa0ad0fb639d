import { existsSync } from 'node:fs';
import type { ActivityDeps } from '../deps.js';
import { type Rebuilt, standingPlanWorktree, standingTaskWorktree } from '../tasks/standing-worktree.js';
import type { Workspace } from '../workspace.js';
import type { AgentRunRow } from './conversation.js';

export const worktreeIdOf = (run: AgentRunRow): string => run.worktreeId ?? run.id;

export function worktreeOf(deps: ActivityDeps, run: AgentRunRow): string {
  return deps.git.worktreePath(worktreeIdOf(run));
}

/** Somebody may have removed the folder: the work is still there as commits. */
export async function standingWorktree({
  deps,
  workspace,
  run,
}: {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow;
}): Promise<Rebuilt> {
  const { okrRunId, taskId } = run;
  if (taskId === null) return standingPlanWorktree({ deps, workspace }, { okrRunId, worktreeId: worktreeIdOf(run) });
  return existsSync(worktreeOf(deps, run))
    ? null
    : standingTaskWorktree({ deps, workspace }, await workspace.tasks.get(taskId));
}
