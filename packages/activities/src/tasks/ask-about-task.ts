import {
  type ApprovalId,
  type ChangeRequestId,
  GateState,
  isDomainError,
  type JsonObject,
  type Json,
  type TaskActivities,
  WaitKind,
} from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import { digestOf } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { standingTaskWorktree } from './standing-worktree.js';
import type { TaskRow } from './task-texts.js';

type Question = Parameters<TaskActivities['askAboutTask']>[0];

/** Work that repair, review or landing brought to no end: how each is put to a person. */
const questionAbout = {
  gates: 'Try to repair once more?',
  review: 'Land it although the reviewer asks for changes?',
  conflict: 'Try to land once more?',
  checkout_dirty: 'Is the checkout clean now, so that it can land?',
} as const;

/** Of the change and of a gate's output, what a question shows; the rest is on the branch and in the blobs. */
const shownPatchBytes = 16 * 1024;
const shownOutputCharacters = 3_000;

interface Asked {
  deps: ActivityDeps;
  workspace: Workspace;
  task: TaskRow;
  order: Question;
}

/**
 * Puts a deadlock before a person with what they need to decide it without looking elsewhere: the findings, the gates that
 * fail and how, the change itself. All of it is under the digest.
 */
export async function askAboutTask(
  deps: ActivityDeps,
  order: Question,
): Promise<{ approvalId: ApprovalId; expiresInMs: number }> {
  const { taskId, attempt, reason } = order;
  const workspace = await openWorkspace(deps, 'task', taskId);
  const task = await workspace.tasks.get(taskId);
  const { questionExpiresInMs: expiresInMs } = deps.limits;
  const detail = await detailOf({ deps, workspace, task, order });
  const request = {
    kind: 'task',
    subjectId: taskId,
    digest: digestOf(detail),
    title: firstWords(`${task.title}: ${questionAbout[reason]}`, 200),
    detail,
    expiresInMs,
    workflowId: `${taskId}-${attempt}`,
    okrRunId: task.okrRunId,
    taskId,
  } as const;
  const approvalId = await workspace.approvals.findOrCreate(request, { requestedBy: 'fermata' });
  if (reason === 'checkout_dirty') await sayOnChange(workspace, order, approvalId);
  return { approvalId, expiresInMs };
}

/** The change itself waits as well: its workflow has ended, and the next one says what it is at. */
async function sayOnChange(workspace: Workspace, { taskId, detail }: Question, approvalId: ApprovalId): Promise<void> {
  const change = await workspace.changeRequests.latestOf(taskId);
  if (!change) return;
  const subject = { type: 'change_request', id: change.id as ChangeRequestId } as const;
  const waiting = { kind: WaitKind.human, detail, releasableBy: ['approver'], subjectId: approvalId };
  await workspace.waiting.record({ subject, waiting });
}

async function detailOf(asked: Asked): Promise<JsonObject> {
  const { task, order } = asked;
  const { reason, round, attempt, detail: facts } = order;
  const { title, branch, headCommit: commit } = task;
  const standing = { reason, facts, round, attempt, title, branch, commit };
  // Nothing about the work itself is in question.
  if (reason === 'checkout_dirty') return standing;
  return { ...standing, ...(await reviewOf(asked)), gates: await failedGatesOf(asked), ...(await changeOf(asked)) };
}

async function reviewOf({ workspace, task, order }: Asked): Promise<JsonObject> {
  if (order.reason !== 'review') return {};
  const review = await workspace.evidence.latestReview(task.id);
  return review ? { review: review.summary, findings: review.findings as Json } : {};
}

/** Those of the last round, with the end of what they printed. */
async function failedGatesOf({ workspace, order }: Asked): Promise<Json[]> {
  const results = await workspace.evidence.latestGateResults(order.taskId, order.attempt);
  const [last] = results;
  const failed = results.filter(
    ({ phase, round, state }) => phase === last?.phase && round === last.round && state !== GateState.passed,
  );
  return Promise.all(
    failed.map(async ({ name, command, state, exitCode, outputDigest }) => ({
      ...{ name, command, state, exitCode },
      output: outputDigest === null ? '' : (await workspace.blobs.get(outputDigest)).slice(-shownOutputCharacters),
    })),
  );
}

/** The change as it stands. A worktree that cannot be looked at now is no reason not to ask. */
async function changeOf({ deps, workspace, task }: Asked): Promise<JsonObject> {
  const { id, baseCommit: base } = task;
  if (base === null) return {};
  try {
    await standingTaskWorktree({ deps, workspace }, task);
    const worktreePath = deps.git.worktreePath(id);
    const { patch, truncated } = await deps.git.diff({ worktreePath, base, capBytes: shownPatchBytes });
    return truncated ? { change: patch, shown: `A part: git diff ${base}...${task.branch}` } : { change: patch };
  } catch (error) {
    if (!isDomainError(error) || error.retryable) throw error;
    return { change: `It cannot be shown: ${error.message}` };
  }
}
