import { BudgetScope, DomainError } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { lockRun, refuseUnlessGoing } from './locked-run.js';

/** What a budget is for. */
export interface BudgetSubject {
  scope: BudgetScope;
  subjectId: string;
}

/**
 * The OKR runs under way whose calls a budget pays for, locked in the order of their ids: an order about the budget is an
 * order to them.
 * @throws DomainError `not_found`; `invalid_transition` for a run that has ended or is being cancelled
 */
export function lockRunsBelow(tx: Transaction, workspaceId: string, subject: BudgetSubject): Promise<string[]> {
  const { scope, subjectId } = subject;
  switch (scope) {
    case BudgetScope.okrRun:
      return lockOneRun(tx, workspaceId, subjectId);
    case BudgetScope.task:
      return lockRunOfTask(tx, workspaceId, subjectId);
    case BudgetScope.agentRun:
      return lockRunOfSubtask(tx, workspaceId, subjectId);
    case BudgetScope.agent:
      return lockRunsOfAgent(tx, workspaceId, subjectId);
    case BudgetScope.workspace:
      if (subjectId !== workspaceId) throw notFound('workspace', subjectId);
      return lockRunsOfWorkspace(tx, workspaceId);
  }
}

/** All OKR runs under way. */
export async function lockRunsOfWorkspace(tx: Transaction, workspaceId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "okr_run" WHERE "workspace_id" = ${workspaceId} AND "ended_at" IS NULL ORDER BY "id" FOR NO KEY UPDATE`;
  return rows.map(({ id }) => id);
}

/** Makes an order to locked runs, which the sweep repeats until they have read it. */
export async function reviseOrders(tx: Transaction, workspaceId: string, ids: readonly string[]): Promise<void> {
  const data = { ordersRevision: { increment: 1 } };
  await tx.okrRun.updateMany({ where: { workspaceId, id: { in: [...ids] } }, data });
}

async function lockOneRun(tx: Transaction, workspaceId: string, id: string): Promise<string[]> {
  refuseUnlessGoing(await lockRun(tx, workspaceId, id), 'given another budget');
  return [id];
}

async function lockRunOfTask(tx: Transaction, workspaceId: string, id: string): Promise<string[]> {
  const task = await tx.task.findFirst({ where: { id, workspaceId }, select: { okrRunId: true } });
  if (!task) throw notFound('task', id);
  return lockOneRun(tx, workspaceId, task.okrRunId);
}

/** Of agent runs, subtasks alone have a budget: no call of another one would be held against it. */
async function lockRunOfSubtask(tx: Transaction, workspaceId: string, id: string): Promise<string[]> {
  const where = { id, workspaceId };
  const run = await tx.agentRun.findFirst({ where, select: { okrRunId: true, taskId: true, parentRunId: true } });
  if (!run) throw notFound('agent run', id);
  if (run.parentRunId !== null) return lockOneRun(tx, workspaceId, run.okrRunId);
  const message = `agent run ${id} is no subtask and has no budget of its own; set that of its task or OKR run: ${run.taskId ?? run.okrRunId}`;
  throw new DomainError('invalid_input', message, { id });
}

/** A run whose work for the agent has not begun asks for its money when it does. */
async function lockRunsOfAgent(tx: Transaction, workspaceId: string, id: string): Promise<string[]> {
  const agent = await tx.agent.findFirst({ where: { id, workspaceId }, select: { id: true } });
  if (!agent) throw notFound('agent', id);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "okr_run" WHERE "workspace_id" = ${workspaceId} AND "ended_at" IS NULL AND EXISTS (
      SELECT 1 FROM "agent_run" WHERE "workspace_id" = ${workspaceId} AND "okr_run_id" = "okr_run"."id"
        AND "agent_id" = ${agent.id} AND "ended_at" IS NULL
    ) ORDER BY "id" FOR NO KEY UPDATE`;
  return rows.map((row) => row.id);
}

function notFound(what: string, id: string): DomainError {
  return new DomainError('not_found', `there is no ${what} ${id} in your reach; look the id up again`, { id });
}
