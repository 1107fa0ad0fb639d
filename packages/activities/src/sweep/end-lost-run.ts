import { type OkrRunId, settledTaskStates, type TaskState } from '@fermata/contracts';
import { log } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { endEarly } from '../okr-runs/conclude.js';
import { openWorkspace } from '../workspace.js';

/**
 * Ends a run whose workflow has ended before it: somebody terminated it, the server did because its history had grown
 * too long, or it broke. It is not started anew: whoever ends a workflow wants an end, and what broke once would break
 * again. Work that still goes on for it is ended first, so that its branches are kept; a later sweep then settles it.
 */
export async function endLostRun(deps: ActivityDeps, okrRunId: string): Promise<void> {
  if (await isWorkedFor(deps, okrRunId)) return;
  const { okrRuns } = await openWorkspace(deps, 'okrRun', okrRunId);
  const { cancelRequestedAt } = await okrRuns.get(okrRunId);
  log.warn('a run is ended whose workflow had ended before it', { okrRunId });
  if (cancelRequestedAt !== null) return endEarly(deps, okrRunId as OkrRunId, { to: 'cancelled' });
  const message =
    'Its workflow was ended from outside, or broke. What was merged stays, and other work is kept on its branches: submit the goal again to go on.';
  await endEarly(deps, okrRunId as OkrRunId, { to: 'failed', failure: { code: 'conflict', message } });
}

/** Whether a workflow below the run's is still there. Each has been asked to end then. */
async function isWorkedFor(deps: ActivityDeps, okrRunId: string): Promise<boolean> {
  const { tasks, agentRuns, changeRequests } = await openWorkspace(deps, 'okrRun', okrRunId);
  const openTasks = (await tasks.ofRun(okrRunId)).filter(
    ({ state }) => !settledTaskStates.includes(state as TaskState),
  );
  const openChanges = (await changeRequests.ofRun(okrRunId)).filter(
    ({ mergedAt, closedAt }) => mergedAt === null && closedAt === null,
  );
  const ids = [
    ...openTasks.map(({ id, attempts }) => `${id}-${attempts}`),
    ...(await agentRuns.openOf({ okrRunId })).map(({ id }) => id),
    ...openChanges.map(({ id }) => id),
  ];
  let working = false;
  for (const id of ids) {
    if (!(await deps.nudger.isRunning(id))) continue;
    await deps.nudger.cancel(id);
    working = true;
  }
  return working;
}
