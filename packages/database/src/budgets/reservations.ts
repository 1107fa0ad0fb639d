import { DomainError, type FullBudget, IdPrefix, type MicroUsd, ReservationState } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { Prisma } from '../generated/client.js';
import { newId } from '../new-id.js';

/** The limit that has no room, and its amounts. */
export type BudgetRefusal = { held: false } & FullBudget;

/** `already`: an earlier attempt held it and never gave it back, so that attempt was lost with its process. */
export type ReservationResult = { held: true; already: boolean } | BudgetRefusal;

export interface ReservationOrder {
  workspaceId: string;
  /** What the money is spent for: see `budgetSubjectIds`. */
  subjectIds: readonly string[];
  /** The call that is paid for, once: `<agent run id>:<step index>` or the like. */
  key: string;
  /** The worst case. */
  micros: MicroUsd;
}

export interface SettlementOrder {
  workspaceId: string;
  key: string;
  /** What was really spent. */
  micros: MicroUsd;
}

/** What the SQL function `hold_budgets` answers. */
export type HoldOutcome =
  | { outcome: 'held'; already: boolean }
  | { outcome: 'missing'; subjectId: string }
  | { outcome: 'settled' }
  | ({ outcome: 'refused' } & FullBudget);

/**
 * Holds the worst case of one call against every budget above it, or nothing at all (law 5). A key that is held stays
 * held; one that was released holds anew.
 * @throws DomainError `not_found` when a subject has no budget; `lock_contention` when the key was settled meanwhile,
 * so that the caller looks for what the money was spent on
 */
export async function holdBudgets(tx: Transaction, order: ReservationOrder): Promise<ReservationResult> {
  const { workspaceId, key } = order;
  const { micros, subjectIds, ids } = holdOf(order);
  const [row] = await tx.$queryRaw<{ outcome: HoldOutcome }[]>`
    SELECT hold_budgets(${workspaceId}, ${key}, ${micros}::bigint, ${subjectIds}, ${ids}) AS "outcome"`;
  if (!row) throw new DomainError('internal', 'hold_budgets gave no answer.');
  return reservationResult(row.outcome, key);
}

/** The arguments of `hold_budgets`: a subject is held once, and each hold may need a row with an id. */
export function holdOf({ subjectIds: asked, micros }: Pick<ReservationOrder, 'subjectIds' | 'micros'>) {
  const subjectIds = [...new Set(asked)];
  return { micros: checked(micros), subjectIds, ids: subjectIds.map(() => newId(IdPrefix.reservation)) };
}

/** @throws as `holdBudgets` */
export function reservationResult(outcome: HoldOutcome, key: string): ReservationResult {
  switch (outcome.outcome) {
    case 'held':
      return { held: true, already: outcome.already };
    case 'missing': {
      const { subjectId } = outcome;
      throw new DomainError('not_found', `${subjectId} has no budget.`, { subjectId });
    }
    case 'settled':
      throw new DomainError('lock_contention', `${key} was paid for meanwhile: read what it brought.`, { key });
    case 'refused': {
      const { budgetId, scope, subjectId, period, limitMicros, spentMicros, heldMicros, endsInMs, endsAt } = outcome;
      const full = { budgetId, scope, subjectId, period, limitMicros, spentMicros, heldMicros, endsInMs, endsAt };
      return { held: false, ...full };
    }
  }
}

/**
 * Books what a call really cost and gives back what was held for it. Booking twice is harmless. Money that was spent
 * after its reservation had been released is booked too, even past the limit: it is gone.
 * @throws DomainError `not_found` for a key that was never reserved
 */
export async function settleReservation(tx: Transaction, { workspaceId, key, micros }: SettlementOrder): Promise<void> {
  const [row] = await tx.$queryRaw<{ found: boolean }[]>`
    SELECT settle_reservation(${workspaceId}, ${key}, ${checked(micros)}::bigint) AS "found"`;
  if (row?.found !== true) throw new DomainError('not_found', `Nothing was reserved for ${key}.`, { key });
}

/** In the order of their ids, so that two who lock the same budgets wait and never deadlock. */
async function lockBudgets(tx: Transaction, workspaceId: string, ids: readonly string[]): Promise<void> {
  await tx.$queryRaw`
    SELECT 1 AS "locked" FROM "budget"
    WHERE "workspace_id" = ${workspaceId} AND "id" = ANY(${[...ids]}) ORDER BY "id" FOR UPDATE`;
}

/** Gives back what is held under a key, or under every key that begins so; end the prefix with the key's separator. */
export async function releaseReservations(
  tx: Transaction,
  { workspaceId, ...keys }: { workspaceId: string } & ({ keyPrefix: string } | { key: string }),
): Promise<void> {
  const isMeant = 'key' in keys ? Prisma.sql`"key" = ${keys.key}` : startsWith(keys.keyPrefix);
  const matching = await tx.$queryRaw<{ budgetId: string }[]>`
    SELECT DISTINCT "budget_id" AS "budgetId" FROM "budget_reservation"
    WHERE "workspace_id" = ${workspaceId} AND ${isMeant} AND "state" = ${ReservationState.held}`;
  const budgetIds = matching.map(({ budgetId }) => budgetId);
  await lockBudgets(tx, workspaceId, budgetIds);
  await tx.$executeRaw`
    WITH "released" AS (
      UPDATE "budget_reservation" SET "state" = ${ReservationState.released}, "closed_at" = now()
      WHERE "workspace_id" = ${workspaceId} AND ${isMeant} AND "state" = ${ReservationState.held}
        AND "budget_id" = ANY(${budgetIds})
      RETURNING "budget_id", "held_micros"
    ), "returned" AS (
      SELECT "budget_id", sum("held_micros")::bigint AS "micros" FROM "released" GROUP BY "budget_id"
    )
    UPDATE "budget" SET "held_micros" = "budget"."held_micros" - "returned"."micros", "updated_at" = now()
    FROM "returned" WHERE "budget"."id" = "returned"."budget_id"`;
}

/** As a range in the order of bytes: an index is used for that, and not for `starts_with`, before the prefix is known. */
function startsWith(prefix: string): Prisma.Sql {
  const next = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return Prisma.sql`"key" ~>=~ ${prefix} AND "key" ~<~ ${prefix.slice(0, -1) + next}`;
}

function checked(micros: MicroUsd): MicroUsd {
  if (!Number.isSafeInteger(micros) || micros < 0) {
    throw new DomainError('invalid_input', `${micros} is no amount: micro-USD are whole numbers from 0.`);
  }
  return micros;
}
