import { EventType, IdPrefix, type MicroUsd } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { Budget } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import { lockRun, refuseUnlessGoing } from './locked-run.js';
import type { OrderGiver } from './order-giver.js';

export interface BudgetOrder {
  okrRunId: string;
  /** Null takes the cap away. */
  limitMicros: MicroUsd | null;
}

/**
 * Sets the cap of a run that has not ended. A cap below what is spent only stops further spending. The run is told, so that
 * one that waits for money goes on.
 * @throws DomainError `not_found`; `invalid_transition` for a run that has ended or is being cancelled
 */
export function setBudget(database: Database, by: OrderGiver, { okrRunId, limitMicros }: BudgetOrder): Promise<Budget> {
  const { workspaceId, principalId: actor } = by;
  const limit = limitMicros === null ? null : BigInt(limitMicros);
  return inTransaction(database, async (tx) => {
    refuseUnlessGoing(await lockRun(tx, workspaceId, okrRunId), 'given another budget');
    const fresh = { id: newId(IdPrefix.budget), workspaceId, scope: 'okr_run', subjectId: okrRunId };
    await tx.budget.createMany({
      data: [{ ...fresh, limitMicros: limit, updatedAt: new Date() }],
      skipDuplicates: true,
    });
    const where = { subjectId: okrRunId, workspaceId };
    const before = await tx.budget.findFirstOrThrow({ where });
    if (before.limitMicros === limit && before.id !== fresh.id) return before;
    await tx.budget.updateMany({ where, data: { limitMicros: limit, updatedAt: new Date() } });
    await tx.okrRun.updateMany({ where: { id: okrRunId, workspaceId }, data: { ordersRevision: { increment: 1 } } });
    const detail = {
      okrRunId,
      limitMicros,
      before: before.limitMicros === null ? null : Number(before.limitMicros),
    };
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.budgetChanged, subjectId: before.id, okrRunId, data: detail }],
      audit: [{ actor, action: 'budget.set_limit', subjectId: before.id, detail }],
    });
    return tx.budget.findFirstOrThrow({ where });
  });
}
