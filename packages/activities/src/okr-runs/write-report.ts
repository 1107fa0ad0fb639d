import type { Failure, OkrRunId, OkrRunReport, TaskId, TaskState } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';

export type UnjudgedReport = Omit<OkrRunReport, 'outcome'>;

/** Whether a commit is on the target branch. */
export type OnTarget = (commit: string) => Promise<boolean>;

/** What a run says of itself, from rows and, for what was merged, from git. */
export async function writeReport(
  workspace: Workspace,
  okrRunId: OkrRunId,
  isOnTarget: OnTarget,
): Promise<UnjudgedReport> {
  const run = await workspace.okrRuns.get(okrRunId);
  const { spentMicros } = await workspace.budgets.get(okrRunId);
  const keyResults = await reportKeyResults(workspace, okrRunId);
  const tasks = await reportTasks(workspace, okrRunId, isOnTarget);
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
  workspace: Workspace,
  okrRunId: OkrRunId,
  isOnTarget: OnTarget,
): Promise<UnjudgedReport['tasks']> {
  const rows = await workspace.tasks.ofRun(okrRunId);
  const changes = await workspace.changeRequests.ofRun(okrRunId);
  return Promise.all(
    rows.map(async ({ id, title, state, failure, ...git }) => {
      const merged =
        changes.find((change) => change.taskId === id && change.mergedCommit !== null)?.mergedCommit ?? null;
      const mergedCommit = merged !== null && (await isOnTarget(merged)) ? merged : null;
      const keptBranch = mergedCommit === null && hasWork(git) ? git.branch : null;
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

function hasWork({ headCommit, baseCommit }: { headCommit: string | null; baseCommit: string | null }): boolean {
  return headCommit !== null && headCommit !== baseCommit;
}

/** Done means on the target branch: git is asked, not the row. A run that merged nothing needs no repository for that. */
export function onTarget(deps: ActivityDeps, workspace: Workspace, okrRunId: OkrRunId): OnTarget {
  let looked: Promise<{ repositoryId: string; headCommit: string }> | undefined;
  return async (commit) => {
    looked ??= lookAtTarget(deps, workspace, okrRunId);
    const { repositoryId, headCommit } = await looked;
    return deps.git.isAncestor({ repositoryId, ancestor: commit, descendant: headCommit });
  };
}

async function lookAtTarget(deps: ActivityDeps, workspace: Workspace, okrRunId: OkrRunId) {
  const { signal } = activityScope();
  const { repositoryId } = await workspace.okrRuns.get(okrRunId);
  const { location, defaultBranch: branch } = await workspace.repositories.get(repositoryId);
  const { headCommit } = await deps.git.syncMirror({ repositoryId, location, branch, signal });
  return { repositoryId, headCommit };
}
