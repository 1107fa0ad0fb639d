import { BudgetPeriod, type MicroUsd } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import type { Budget } from '../generated/client.js';

export interface LimitChange {
  period: BudgetPeriod;
  /** Null takes the limit away. */
  limitMicros: MicroUsd | null;
}

/** Writes one limit of a budget that the caller has locked. Returns the one before. */
export async function writeLimit(tx: Transaction, budget: Budget, change: LimitChange): Promise<MicroUsd | null> {
  const { period, limitMicros } = change;
  if (period !== BudgetPeriod.total) return writePeriod(tx, budget, { period, limitMicros });
  const { id, workspaceId } = budget;
  const limit = limitMicros === null ? null : BigInt(limitMicros);
  await tx.budget.updateMany({ where: { id, workspaceId }, data: { limitMicros: limit, updatedAt: new Date() } });
  return budget.limitMicros === null ? null : Number(budget.limitMicros);
}

/**
 * A limit that is new counts what the present period has brought before it: all of it is in the cost entries, and whoever
 * books more waits for the lock on the budget.
 */
async function writePeriod(tx: Transaction, budget: Budget, { period, limitMicros }: LimitChange) {
  const { id: budgetId, workspaceId, subjectId } = budget;
  const before = await tx.budgetPeriod.findFirst({ where: { budgetId, period, workspaceId } });
  await tx.budget.updateMany({ where: { id: budgetId, workspaceId }, data: { updatedAt: new Date() } });
  if (limitMicros === null) await tx.budgetPeriod.deleteMany({ where: { budgetId, period, workspaceId } });
  else if (before) {
    const data = { limitMicros: BigInt(limitMicros) };
    await tx.budgetPeriod.updateMany({ where: { budgetId, period, workspaceId }, data });
  } else
    await tx.$executeRaw`
      INSERT INTO "budget_period" ("budget_id", "period", "workspace_id", "limit_micros", "spent_micros", "began_on")
      SELECT ${budgetId}, ${period}, ${workspaceId}, ${limitMicros}::bigint, (
        SELECT coalesce(sum("entry"."cost_micros"), 0) FROM "cost_entry" AS "entry"
        JOIN "agent_run" AS "run" ON "run"."id" = "entry"."agent_run_id"
        WHERE "entry"."workspace_id" = ${workspaceId} AND "entry"."at" >= "current"."starts_at"
          AND ${subjectId} IN ("entry"."workspace_id", "run"."agent_id", "entry"."okr_run_id", "entry"."task_id", "run"."id", "run"."parent_run_id")
      ), "current"."began_on"
      FROM "workspace" CROSS JOIN LATERAL period_at(${period}, "workspace"."time_zone", clock_timestamp()) AS "current"
      WHERE "workspace"."id" = ${workspaceId}`;
  return before && Number(before.limitMicros);
}
