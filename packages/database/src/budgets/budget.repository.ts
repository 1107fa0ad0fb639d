import { type BudgetScope, DomainError, EventType, IdPrefix, type MicroUsd } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import type { Budget } from '../generated/client.js';
import { inTransaction, retryWhenLost } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import {
  holdBudgets,
  releaseReservations,
  type ReservationOrder,
  type ReservationResult,
  settleReservation,
} from './reservations.js';

export interface NewBudget {
  scope: BudgetScope;
  subjectId: string;
  /** Null: no limit. */
  limitMicros: MicroUsd | null;
}

/** Amounts in micro-USD. */
export interface BudgetRecord extends NewBudget {
  id: string;
  spentMicros: MicroUsd;
  /** Reserved for calls that are under way. */
  heldMicros: MicroUsd;
  updatedAt: Date;
}

export interface LimitOrder {
  subjectId: string;
  limitMicros: MicroUsd | null;
  /** A principal's id. */
  setBy: string;
}

export type BudgetRepository = ReturnType<typeof createBudgetRepository>;

/** The money of one workspace: reserved before it is spent, settled with what was really spent (law 5). */
export function createBudgetRepository(database: Database, workspaceId: string) {
  async function get(subjectId: string, tx: Transaction = database): Promise<BudgetRecord> {
    const row = await tx.budget.findFirst({ where: { workspaceId, subjectId } });
    if (!row) throw new DomainError('not_found', `${subjectId} has no budget.`, { subjectId });
    return toRecord(row);
  }

  return {
    /** @throws DomainError `not_found` */
    get,

    /** Gives a subject a budget; one that has one keeps it as it is. */
    async ensure({ scope, subjectId, limitMicros }: NewBudget): Promise<BudgetRecord> {
      const row = { id: newId(IdPrefix.budget), workspaceId, scope, subjectId, limitMicros: toLimit(limitMicros) };
      await database.budget.createMany({ data: { ...row, updatedAt: new Date() }, skipDuplicates: true });
      return get(subjectId);
    },

    /** Of the fullest of all limits of these subjects' budgets, how much is spent: 0 to 100 and more. Null without a limit. */
    async percentSpent(subjectIds: readonly string[]): Promise<number | null> {
      const [row] = await database.$queryRaw<{ percent: number | null }[]>`
        SELECT max(CASE WHEN "limit_micros" = 0 THEN 100 ELSE 100.0 * "spent_micros" / "limit_micros" END)::float8 AS "percent"
        FROM budget_limits(${workspaceId},
          ARRAY(SELECT "id" FROM "budget" WHERE "workspace_id" = ${workspaceId} AND "subject_id" = ANY(${[...subjectIds]})),
          clock_timestamp())
        WHERE "limit_micros" IS NOT NULL`;
      return row?.percent ?? null;
    },

    /** Of the tightest of all limits of these subjects' budgets, what is neither spent nor held. Null without a limit. */
    async leftOf(subjectIds: readonly string[]): Promise<MicroUsd | null> {
      const [row] = await database.$queryRaw<{ micros: bigint | null }[]>`
        SELECT min("limit"."limit_micros" - "limit"."spent_micros" - "held_micros") AS "micros"
        FROM budget_limits(${workspaceId},
          ARRAY(SELECT "id" FROM "budget" WHERE "workspace_id" = ${workspaceId} AND "subject_id" = ANY(${[...subjectIds]})),
          clock_timestamp()) AS "limit"
        JOIN "budget" ON "id" = "limit"."budget_id" WHERE "limit"."limit_micros" IS NOT NULL`;
      return row?.micros == null ? null : Number(row.micros);
    },

    /** See `holdBudgets`. */
    reserve(order: Omit<ReservationOrder, 'workspaceId'>): Promise<ReservationResult> {
      return retryWhenLost(() => holdBudgets(database, { workspaceId, ...order }));
    },

    /** See `settleReservation`. */
    settle(order: { key: string; micros: MicroUsd }): Promise<void> {
      return retryWhenLost(() => settleReservation(database, { workspaceId, ...order }));
    },

    /** The call was not made: what is held for it is given back. Harmless when nothing is. */
    release({ key }: { key: string }): Promise<void> {
      return inTransaction(database, (tx) => releaseReservations(tx, { workspaceId, key }));
    },

    /** Releases everything held under keys that begin with `keyPrefix`, which ends with the key's separator. */
    releaseAll(keyPrefix: string): Promise<void> {
      return inTransaction(database, (tx) => releaseReservations(tx, { workspaceId, keyPrefix }));
    },

    /**
     * Raises, lowers or lifts a limit. A limit below what is spent only stops further spending.
     * @throws DomainError `not_found`
     */
    async setLimit({ subjectId, limitMicros, setBy }: LimitOrder): Promise<BudgetRecord> {
      const before = await get(subjectId);
      await inTransaction(database, async (tx) => {
        const data = { limitMicros: toLimit(limitMicros), updatedAt: new Date() };
        await tx.budget.updateMany({ where: { workspaceId, subjectId }, data });
        const detail = { subjectId, limitMicros, before: before.limitMicros };
        const belongsTo = before.scope === 'okr_run' ? { okrRunId: subjectId } : {};
        await recordChange(tx, {
          workspaceId,
          events: [{ type: EventType.budgetChanged, subjectId: before.id, ...belongsTo, data: detail }],
          audit: [{ actor: setBy, action: 'budget.set_limit', subjectId: before.id, detail }],
        });
      });
      return get(subjectId);
    },
  };
}

function toLimit(micros: MicroUsd | null): bigint | null {
  if (micros !== null && (!Number.isSafeInteger(micros) || micros < 0)) {
    throw new DomainError('invalid_input', `${micros} is no limit: micro-USD are whole numbers from 0, null is none.`);
  }
  return micros === null ? null : BigInt(micros);
}

function toRecord({ id, scope, subjectId, limitMicros, spentMicros, heldMicros, updatedAt }: Budget): BudgetRecord {
  return {
    id,
    scope: scope as BudgetScope,
    subjectId,
    limitMicros: limitMicros === null ? null : Number(limitMicros),
    spentMicros: Number(spentMicros),
    heldMicros: Number(heldMicros),
    updatedAt,
  };
}
