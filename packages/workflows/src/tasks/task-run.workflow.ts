/**
 * One attempt at a task, from an empty worktree to a merged change.
 *
 * Steps: worktree → agent → gates, with repairs → review, with repairs → change request → settle. What cannot be
 * brought to an end within its rounds is put before a person.
 * Messages: `ordersChanged` (pause, resume, cancel), `approvalDecided`.
 * Survives: any crash. Whatever way it ends, committed work stays on its branch and the worktree goes only after that.
 */
import type { TaskOutcome, TaskRunInput } from '@fermata/contracts';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { openApprovalGate } from '../approvals/approval-gate.js';
import { failureOf, isSettleable } from '../failures.js';
import { Orders } from '../orders/orders.js';
import { TaskAttempt } from './task-attempt.js';
import { settleUnlanded } from './task-run.state.js';
import { taskSteps, worktreeOn } from './task-steps.js';

export async function taskRun(input: TaskRunInput): Promise<TaskOutcome> {
  const { taskId, attempt } = input;
  const gate = openApprovalGate();
  const orders = new Orders({ okrRunId: input.okrRunId, taskId, subject: { type: 'task', id: taskId } });
  const brief = await CancellationScope.nonCancellable(() => taskSteps.beginTask({ taskId, attempt }));

  let outcome: TaskOutcome;
  try {
    outcome = await orders.obeyedBy(() => new TaskAttempt(input, brief, { gate, orders }).run());
  } catch (error) {
    if (!isSettleable(error)) throw error;
    outcome = isCancellation(error)
      ? { state: 'cancelled', failure: null }
      : { state: 'failed', failure: failureOf(error) };
  }
  return CancellationScope.nonCancellable(async () => {
    const { changed } = await worktreeOn(brief.hostQueue).releaseWorktree({ taskId, attempt });
    return taskSteps.settleTask({ taskId, attempt, ...settleUnlanded(outcome, changed) });
  });
}
