import { EventType, IdPrefix } from '@fermata/contracts';
import { type LimitChange, writeLimit } from '../budgets/write-limit.js';
import type { Database, Transaction } from '../client.js';
import type { Budget } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import type { OrderGiver } from './order-giver.js';
import { type BudgetSubject, lockRunsBelow, reviseOrders } from './runs-below.js';

export type BudgetOrder = BudgetSubject & LimitChange;

export interface BudgetSet {
  budget: Budget;
  /** Those that may wait for money of it, and are to be told. */
  okrRunIds: string[];
}

/**
 * Sets one limit of a budget. A limit below what is spent only stops further spending. The runs below it are told, so that
 * those that wait for money go on.
 * @throws DomainError `not_found`; `invalid_transition` for a run that has ended or is being cancelled
 */
export function setBudget(database: Database, by: OrderGiver, order: BudgetOrder): Promise<BudgetSet> {
  const { workspaceId, principalId: actor } = by;
  const { scope, subjectId, period, limitMicros } = order;
  return inTransaction(database, async (tx) => {
    const okrRunIds = await lockRunsBelow(tx, workspaceId, order);
    const locked = await lockBudget(tx, workspaceId, order);
    const before = await writeLimit(tx, locked, order);
    if (before === limitMicros) return { budget: locked, okrRunIds };
    await reviseOrders(tx, workspaceId, okrRunIds);
    const { id } = locked;
    const detail = { scope, subjectId, period, limitMicros, before };
    const belongsTo = await ownersOf(tx, workspaceId, { ...order, okrRunIds });
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.budgetChanged, subjectId: id, ...belongsTo, data: detail }],
      audit: [{ actor, action: 'budget.set_limit', subjectId: id, detail }],
    });
    return { budget: await tx.budget.findFirstOrThrow({ where: { id, workspaceId } }), okrRunIds };
  });
}

/** What the event of a change is listed with. */
async function ownersOf(
  tx: Transaction,
  workspaceId: string,
  { scope, subjectId, okrRunIds }: BudgetSubject & Pick<BudgetSet, 'okrRunIds'>,
): Promise<{ okrRunId?: string; taskId?: string; agentRunId?: string }> {
  const [okrRunId] = okrRunIds;
  if (scope === 'workspace' || scope === 'agent' || okrRunId === undefined) return {};
  if (scope === 'okr_run') return { okrRunId };
  if (scope === 'task') return { okrRunId, taskId: subjectId };
  const { taskId } = await tx.agentRun.findFirstOrThrow({ where: { id: subjectId, workspaceId } });
  return { okrRunId, agentRunId: subjectId, ...(taskId !== null && { taskId }) };
}

async function lockBudget(tx: Transaction, workspaceId: string, { scope, subjectId }: BudgetSubject): Promise<Budget> {
  const data = { id: newId(IdPrefix.budget), workspaceId, scope, subjectId, updatedAt: new Date() };
  await tx.budget.createMany({ data, skipDuplicates: true });
  await tx.$queryRaw`
    SELECT "id" FROM "budget" WHERE "workspace_id" = ${workspaceId} AND "subject_id" = ${subjectId} FOR UPDATE`;
  return tx.budget.findFirstOrThrow({ where: { workspaceId, subjectId } });
}
