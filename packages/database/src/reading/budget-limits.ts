import type { BudgetPeriod, MicroUsd } from '@fermata/contracts';
import type { Database } from '../client.js';

/** A limit as it stands now. */
export interface BudgetLimit {
  period: BudgetPeriod;
  /** Null, for `total` alone: none. */
  limitMicros: MicroUsd | null;
  /** In this period. */
  spentMicros: MicroUsd;
  heldMicros: MicroUsd;
  remainingMicros: MicroUsd | null;
  /** Null for `total`. */
  periodStart: Date | null;
  periodEnd: Date | null;
}

interface LimitRow {
  budgetId: string;
  period: BudgetPeriod;
  limitMicros: bigint | null;
  spentMicros: bigint;
  heldMicros: bigint;
  periodStart: Date | null;
  periodEnd: Date | null;
}

/** The limits of each budget: `total` first, then day, week and month, as far as they are set. */
export async function readLimits(
  database: Database,
  workspaceId: string,
  budgetIds: readonly string[],
): Promise<Map<string, BudgetLimit[]>> {
  const rows = await database.$queryRaw<LimitRow[]>`
    SELECT "limit"."budget_id" AS "budgetId", "period", "limit"."limit_micros" AS "limitMicros",
      "limit"."spent_micros" AS "spentMicros", "held_micros" AS "heldMicros", "starts_at" AS "periodStart", "ends_at" AS "periodEnd"
    FROM budget_limits(${workspaceId}, ${[...budgetIds]}::text[], clock_timestamp()) AS "limit"
    JOIN "budget" ON "id" = "limit"."budget_id"
    ORDER BY array_position(ARRAY['total', 'day', 'week', 'month'], "period")`;
  const limits = new Map<string, BudgetLimit[]>();
  for (const row of rows) limits.set(row.budgetId, [...(limits.get(row.budgetId) ?? []), limitOf(row)]);
  return limits;
}

function limitOf({ period, limitMicros, spentMicros, heldMicros, periodStart, periodEnd }: LimitRow): BudgetLimit {
  const [limit, spent, held] = [
    limitMicros === null ? null : Number(limitMicros),
    Number(spentMicros),
    Number(heldMicros),
  ];
  return {
    ...{ period, limitMicros: limit, spentMicros: spent, heldMicros: held },
    remainingMicros: limit === null ? null : limit - spent - held,
    ...{ periodStart, periodEnd },
  };
}
