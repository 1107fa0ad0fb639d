import {
  type Failure,
  type OkrRunId,
  type OkrRunReport,
  OkrRunState,
  settledTaskStates,
  TaskState,
  type TaskId,
} from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { openWorkspace, type Workspace } from '../workspace.js';

/**
 * Ends a run that has run its course. `completed` means that every task's change is on the target branch, read back from
 * git, and that every key result was measured; whether targets were met is reported, not assumed.
 */
export async function conclude(deps: ActivityDeps, okrRunId: OkrRunId): Promise<{ state: OkrRunState }> {
  const workspace = await openWorkspace(deps, 'okrRun', okrRunId);
  const report = await writeReport(deps, workspace, okrRunId);
  const failure = failureIn(report);
  const state = failure ? OkrRunState.failed : OkrRunState.completed;
  const outcome = failure ? 'failed' : 'completed';
  await workspace.okrRuns.move({
    id: okrRunId,
    to: state,
    report: { ...report, outcome },
    ...(failure && { failure }),
  });
  return { state };
}

/** Ends every task that has not begun, then the run. */
export async function concludeCancelled(deps: ActivityDeps, okrRunId: OkrRunId): Promise<void> {
  const workspace = await openWorkspace(deps, 'okrRun', okrRunId);
  for (const task of await workspace.tasks.ofRun(okrRunId)) {
    if (!settledTaskStates.includes(task.state as TaskState))
      await workspace.tasks.settle(task.id, { state: 'cancelled', failure: null });
  }
  const report = await writeReport(deps, workspace, okrRunId);
  await workspace.okrRuns.move({
    id: okrRunId,
    to: OkrRunState.cancelled,
    report: { ...report, outcome: 'cancelled' },
  });
}

type UnjudgedReport = Omit<OkrRunReport, 'outcome'>;

function failureIn({ tasks, keyResults }: UnjudgedReport): Failure | null {
  const undone = tasks.filter((task) => task.state !== TaskState.done || task.mergedCommit === null);
  if (undone.length > 0)
    return { code: 'conflict', message: `Not done: ${undone.map((task) => task.title).join(', ')}.` };
  const unmeasured = keyResults.filter((keyResult) => keyResult.value === null);
  if (unmeasured.length === 0) return null;
  return {
    code: 'measure_failed',
    message: `Not measured: ${unmeasured.map((keyResult) => keyResult.title).join(', ')}.`,
  };
}

async function writeReport(deps: ActivityDeps, workspace: Workspace, okrRunId: OkrRunId): Promise<UnjudgedReport> {
  const run = await workspace.okrRuns.get(okrRunId);
  const { spentMicros } = await workspace.budgets.get(okrRunId);
  const keyResults = await reportKeyResults(workspace, okrRunId);
  const tasks = await reportTasks(deps, workspace, okrRunId);
  const targetsMet = keyResults.filter((keyResult) => keyResult.met).length;
  const done = tasks.filter((task) => task.mergedCommit !== null).length;
  return {
    summary: `${done} of ${tasks.length} tasks merged, ${targetsMet} of ${keyResults.length} targets met.`,
    keyResults,
    tasks,
    targetsMet,
    costMicros: spentMicros,
    estimatedMicros: run.estimatedMicros === null ? null : Number(run.estimatedMicros),
    durationMs: Date.now() - run.createdAt.getTime(),
  };
}

async function reportKeyResults(
  { plans, evidence }: Workspace,
  okrRunId: OkrRunId,
): Promise<UnjudgedReport['keyResults']> {
  const rows = await plans.keyResultsOf(okrRunId);
  const measurements = await evidence.measurementsOf(rows.map((row) => row.id));
  return rows.map(({ id, title, unit, baseline, value, target, met }) => ({
    keyResultId: id,
    title,
    unit,
    baseline,
    value,
    target,
    met: met ?? false,
    failure: (measurements.find((one) => one.keyResultId === id && one.phase === 'final')?.failure ??
      null) as Failure | null,
  }));
}

async function reportTasks(
  deps: ActivityDeps,
  workspace: Workspace,
  okrRunId: OkrRunId,
): Promise<UnjudgedReport['tasks']> {
  const rows = await workspace.tasks.ofRun(okrRunId);
  const changes = await workspace.changeRequests.ofRun(okrRunId);
  const onTarget = await commitsOnTarget(deps, workspace, okrRunId);
  return Promise.all(
    rows.map(async ({ id, title, state, branch, failure }) => {
      const merged =
        changes.find((change) => change.taskId === id && change.mergedCommit !== null)?.mergedCommit ?? null;
      const mergedCommit = merged !== null && (await onTarget(merged)) ? merged : null;
      const keptBranch = mergedCommit === null && state === TaskState.partialDone ? branch : null;
      return {
        taskId: id as TaskId,
        title,
        state: state as TaskState,
        mergedCommit,
        keptBranch,
        failure: failure as Failure | null,
      };
    }),
  );
}

/** Done means on the target branch: git is asked, not the row. */
async function commitsOnTarget(
  deps: ActivityDeps,
  workspace: Workspace,
  okrRunId: OkrRunId,
): Promise<(commit: string) => Promise<boolean>> {
  const { signal } = activityScope();
  const { repositoryId } = await workspace.okrRuns.get(okrRunId);
  const { location, defaultBranch: branch } = await workspace.repositories.get(repositoryId);
  const { headCommit } = await deps.git.syncMirror({ repositoryId, location, branch, signal });
  return (commit) => deps.git.isAncestor({ repositoryId, ancestor: commit, descendant: headCommit });
}
