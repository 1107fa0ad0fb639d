import { type Failure, type OkrRunId, OkrRunState, settledTaskStates, TaskState } from '@fermata/contracts';
import { endOpenAgentRuns } from '../agent-runs/end-agent-run.js';
import type { ActivityDeps } from '../deps.js';
import { settleAttempt } from '../tasks/settle-attempt.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { cannotBeRead } from '../repositories/cannot-be-read.js';
import { onTarget, type UnjudgedReport, writeReport } from './write-report.js';

/**
 * Ends a run that has run its course. `completed` means that every task's change is on the target branch, read back from
 * git, and that every key result was measured; whether targets were met is reported, not assumed.
 */
export async function conclude(deps: ActivityDeps, okrRunId: OkrRunId): Promise<{ state: OkrRunState }> {
  const workspace = await openWorkspace(deps, 'okrRun', okrRunId);
  const { state: reached, endedAt } = await workspace.okrRuns.get(okrRunId);
  if (endedAt !== null) return { state: reached as OkrRunState };
  await endOpenAgentRuns({ deps, workspace }, { okrRunId });
  const report = await writeReport(workspace, okrRunId, onTarget(deps, workspace, okrRunId));
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

export interface EarlyEnd {
  to: 'failed' | 'cancelled';
  failure?: Failure;
}

/**
 * Ends a run that did not run its course: first every task that is open, then the run, with what was merged reported. A
 * run without a plan has nothing to report but its failure.
 */
export async function endEarly(deps: ActivityDeps, okrRunId: OkrRunId, { to, failure }: EarlyEnd): Promise<void> {
  const workspace = await openWorkspace(deps, 'okrRun', okrRunId);
  const { endedAt, planDigest } = await workspace.okrRuns.get(okrRunId);
  if (endedAt !== null) return;
  await endOpenAgentRuns({ deps, workspace }, { okrRunId });
  for (const task of await workspace.tasks.ofRun(okrRunId)) {
    if (!settledTaskStates.includes(task.state as TaskState))
      await settleAttempt(deps, { workspace, task }, { state: 'cancelled', failure: null });
  }
  const report = to === 'failed' && planDigest === null ? null : await reportAnyhow(deps, workspace, okrRunId);
  await workspace.okrRuns.move({
    id: okrRunId,
    to,
    ...(report && { report: { ...report, outcome: to } }),
    ...(failure && { failure }),
  });
}

/** A run must be able to end also when its repository cannot be read; the report then claims nothing of it. */
async function reportAnyhow(deps: ActivityDeps, workspace: Workspace, okrRunId: OkrRunId): Promise<UnjudgedReport> {
  try {
    return await writeReport(workspace, okrRunId, onTarget(deps, workspace, okrRunId));
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    const report = await writeReport(workspace, okrRunId, () => Promise.resolve(false));
    return { ...report, summary: `The repository could not be read, so nothing counts as merged. ${report.summary}` };
  }
}

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
