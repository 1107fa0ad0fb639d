import { canMove, type TaskOutcome, type TaskState, taskTransitions } from '@fermata/contracts';
import { endOpenAgentRuns } from '../agent-runs/end-agent-run.js';
import { settleOpenMoves } from '../change-requests/settle-open-moves.js';
import type { ActivityDeps } from '../deps.js';
import type { Workspace } from '../workspace.js';
import type { TaskRow } from './task-texts.js';
import { mayHaveWork } from './task-work.js';

/**
 * Ends an attempt at a task, once, with everything it leaves open. Whoever calls may not have looked at the work, as where
 * its workflow was ended from outside: what did not land and has changes is partly done, however it ended (law 4).
 */
export async function settleAttempt(
  deps: ActivityDeps,
  { workspace, task }: { workspace: Workspace; task: TaskRow },
  outcome: TaskOutcome,
): Promise<TaskOutcome> {
  const { id: taskId } = task;
  await endOpenAgentRuns({ deps, workspace }, { taskId });
  const hasLanded = await landedAfterAll(deps, workspace, task);
  await workspace.changeRequests.closeOpen(taskId);
  if (hasLanded && mayBecome(task, 'done')) return workspace.tasks.settle(taskId, { state: 'done', failure: null });
  const isLost = outcome.state === 'failed' || outcome.state === 'cancelled';
  const isPartlyDone = isLost && mayBecome(task, 'partial_done') && (await mayHaveWork(deps, task));
  return workspace.tasks.settle(taskId, isPartlyDone ? { ...outcome, state: 'partial_done' } : outcome);
}

/** True when the change of this attempt is on the target, although nobody may have recorded that yet. */
async function landedAfterAll(deps: ActivityDeps, workspace: Workspace, { id, attempts }: TaskRow): Promise<boolean> {
  const change = await workspace.changeRequests.latestOf(id);
  if (!change) return false;
  await settleOpenMoves(deps, workspace, change);
  const { state } = await workspace.changeRequests.get(change.id);
  return state === 'merged' && change.attempt === attempts;
}

/** One that waits to be begun again becomes neither: its branch is kept all the same. */
function mayBecome({ state }: TaskRow, to: TaskState): boolean {
  return canMove(taskTransitions, state as TaskState, to);
}
