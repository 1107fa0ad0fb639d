import {
  type ApprovalId,
  ApprovalState,
  DomainError,
  EventType,
  type MicroUsd,
  OkrRunState,
  type Plan,
  type PlanDecision,
  type PlanQuestion,
  TaskState,
  WaitKind,
} from '@fermata/contracts';
import { answerApproval, noLines, openApproval } from '../approvals/approval-changes.js';
import { toApprovalRecord } from '../approvals/approval-record.js';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { lockRun } from '../orders/locked-run.js';
import { createBudgetRepository } from '../budgets/budget.repository.js';
import { createRepositoryRepository } from '../repositories/git-repository.repository.js';
import { createOkrRunRepository } from './okr-run.repository.js';
import { planQuestion, writePlan } from './plan-rows.js';
import { waitingToBegin } from './task.repository.js';
import { waitingColumn } from './waiting.repository.js';

export interface DraftedPlan {
  plan: Plan;
  estimatedMicros: MicroUsd | null;
}

const awaitsApproval = { kind: WaitKind.human, detail: 'The plan awaits approval.', releasableBy: ['approver'] };

export type PlanRepository = ReturnType<typeof createPlanRepository>;

/** Plans and the question whether they may run. */
export function createPlanRepository(database: Database, workspaceId: string) {
  const runs = createOkrRunRepository(database, workspaceId);
  const repositories = createRepositoryRepository(database, workspaceId);
  const budgets = createBudgetRepository(database, workspaceId);

  /** The question about the plan as it stands now. */
  async function presentQuestion(okrRunId: string, digest: string, tx: Transaction = database): Promise<PlanQuestion> {
    const row = await tx.approval.findFirst({ where: { workspaceId, subjectId: okrRunId, digest } });
    if (!row) throw new DomainError('not_found', `The plan of ${okrRunId} has no question.`, { okrRunId });
    // One millisecond for a question that is decided already: the workflow reads the answer at once.
    const open = row.state === ApprovalState.pending;
    return {
      approvalId: row.id as ApprovalId,
      expiresInMs: open ? Math.max(1, row.expiresAt.getTime() - Date.now()) : 1,
    };
  }

  /** Tells the sweep that the workflow need not be woken for this answer again. */
  async function markRead(tx: Transaction, id: string): Promise<void> {
    await tx.approval.updateMany({ where: { id, workspaceId, settledAt: null }, data: { settledAt: new Date() } });
  }

  async function releaseTasks(tx: Transaction, okrRunId: string): Promise<void> {
    const tasks = await tx.task.findMany({ where: { okrRunId, workspaceId, state: TaskState.todo } });
    const links = await tx.taskDependency.findMany({
      where: { workspaceId, taskId: { in: tasks.map((task) => task.id) } },
    });
    for (const { id } of tasks) {
      const before = new Set(links.filter((link) => link.taskId === id).map((link) => link.dependsOnId));
      const waitingOn = waitingColumn(waitingToBegin(tasks.filter((task) => before.has(task.id))));
      await tx.task.updateMany({ where: { id, workspaceId }, data: { waitingOn } });
    }
  }

  async function adopt(tx: Transaction, okrRunId: string, { plan, estimatedMicros }: DraftedPlan): Promise<string> {
    // Held until the commit: of two that adopt at once, the second finds the plan of the first.
    const run = await lockRun(tx, workspaceId, okrRunId);
    if (run.planDigest !== null) return run.planDigest;
    const repository = await repositories.get(run.repositoryId, tx);
    const { limitMicros: budgetMicros } = await budgets.get(okrRunId, tx);
    const { planRevision: revision } = run;
    const request = planQuestion({
      run,
      plan,
      revision,
      repository,
      gates: repository.gates,
      estimatedMicros,
      budgetMicros,
    });
    const objectiveId = await writePlan(tx, { ...run, workspaceId }, plan);
    const asked = await openApproval(tx, { workspaceId, request, requestedBy: run.createdBy });
    const estimate = estimatedMicros === null ? null : BigInt(estimatedMicros);
    const columns = { objectiveId, planDigest: request.digest, estimatedMicros: estimate };
    await tx.okrRun.updateMany({ where: { id: okrRunId, workspaceId }, data: columns });
    const waiting = { ...awaitsApproval, subjectId: asked.id };
    await runs.moveWithin(tx, { id: okrRunId, to: OkrRunState.awaitingApproval, waiting });
    const auto = run.approvalMode === 'auto' ? await approveByOrder(tx, asked.id, run.createdBy) : noLines;
    const data = { tasks: plan.tasks.length, keyResults: plan.keyResults.length };
    const drafted = { type: EventType.planDrafted, subjectId: okrRunId, okrRunId, data };
    const events = [drafted, ...asked.events, ...auto.events];
    await recordChange(tx, { workspaceId, events, audit: [...asked.audit, ...auto.audit] });
    return request.digest;
  }

  /** Whoever submitted the goal said that nobody is to be asked. */
  async function approveByOrder(tx: Transaction, approvalId: string, orderedBy: string) {
    const row = await tx.approval.findUniqueOrThrow({ where: { id: approvalId } });
    const reason = 'Approved in advance with the goal.';
    return answerApproval(tx, toApprovalRecord(row), {
      approvalId,
      digest: row.digest,
      state: ApprovalState.approved,
      decidedBy: orderedBy,
      reason,
    });
  }

  async function settle(tx: Transaction, okrRunId: string, approvalId: ApprovalId): Promise<PlanDecision> {
    // Held until the commit: nobody edits the plan between reading the answer about it and carrying that out.
    const { planDigest } = await lockRun(tx, workspaceId, okrRunId);
    const row = await tx.approval.findFirst({ where: { id: approvalId, workspaceId } });
    if (!row || !planDigest) throw new DomainError('not_found', `There is no approval ${approvalId}.`, { approvalId });
    const isOpen = row.state === ApprovalState.pending;
    if (!isOpen) await markRead(tx, approvalId);
    if (isOpen || row.digest !== planDigest) {
      return { outcome: 'asked_again', question: await presentQuestion(okrRunId, planDigest, tx) };
    }
    const approved = row.state === ApprovalState.approved;
    if (approved) await releaseTasks(tx, okrRunId);
    await runs.moveWithin(tx, { id: okrRunId, to: approved ? OkrRunState.running : OkrRunState.denied });
    if (approved) return { outcome: 'approved' };
    return row.state === ApprovalState.denied ? { outcome: 'denied', reason: row.reason } : { outcome: 'expired' };
  }

  return {
    keyResultsOf: (okrRunId: string) =>
      database.keyResult.findMany({ where: { okrRunId, workspaceId }, orderBy: { position: 'asc' } }),

    /** @throws DomainError `not_found` */
    async objective(id: string): Promise<Plan['objective']> {
      const row = await database.objective.findFirst({ where: { id, workspaceId } });
      if (!row) throw new DomainError('not_found', `There is no objective ${id}.`, { id });
      return { title: row.title, description: row.description };
    },

    /** @throws DomainError `not_found` */
    async keyResult(id: string) {
      const row = await database.keyResult.findFirst({ where: { id, workspaceId } });
      if (!row) throw new DomainError('not_found', `There is no key result ${id}.`, { id });
      return row;
    },

    /** Writes the plan and asks for approval, once for each run. */
    async adopt(okrRunId: string, drafted: DraftedPlan): Promise<PlanQuestion> {
      const { planDigest } = await runs.get(okrRunId);
      const digest = planDigest ?? (await inTransaction(database, (tx) => adopt(tx, okrRunId, drafted)));
      return presentQuestion(okrRunId, digest);
    },

    /**
     * Carries a decision out. A question that an edit has voided gives way to the one that replaced it, and so does an
     * answer about a plan that is not the present one: nobody has approved what stands there now.
     */
    settle(okrRunId: string, approvalId: ApprovalId): Promise<PlanDecision> {
      return inTransaction(database, (tx) => settle(tx, okrRunId, approvalId));
    },
  };
}
