import { canMove, type TaskOutcome, type TaskState, taskTransitions } from '@fermata/contracts';
import { endOpenAgentRuns } from '../agent-runs/end-agent-run.js';
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
  await endOpenAgentRuns(workspace, { taskId });
  await workspace.changeRequests.closeOpen(taskId);
  const isLost = outcome.state === 'failed' || outcome.state === 'cancelled';
  const isPartlyDone = isLost && mayBePartlyDone(task) && (await mayHaveWork(deps, task));
  return workspace.tasks.settle(taskId, isPartlyDone ? { ...outcome, state: 'partial_done' } : outcome);
}

/** One that waits to be begun again cannot be: its branch is kept all the same. */
function mayBePartlyDone({ state }: TaskRow): boolean {
  return canMove(taskTransitions, state as TaskState, 'partial_done');
}
