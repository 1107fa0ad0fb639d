import { DomainError, IdPrefix, type MicroUsd, ReservationState } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { newId } from '../new-id.js';

interface LockedBudget {
  id: string;
  subjectId: string;
  limitMicros: bigint | null;
  spentMicros: bigint;
  heldMicros: bigint;
}

/** The budget that has no room, and its amounts in micro-USD. */
export interface BudgetRefusal {
  held: false;
  budgetId: string;
  subjectId: string;
  limitMicros: MicroUsd;
  spentMicros: MicroUsd;
  heldMicros: MicroUsd;
}

export type ReservationResult = { held: true } | BudgetRefusal;

export interface ReservationOrder {
  workspaceId: string;
  /** What the money is spent for: the OKR run, and whatever else above it has a budget. */
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

/** Rows are locked in the order of their ids, so that two reservations over the same budgets wait and never deadlock. */
async function lockBudgets(tx: Transaction, workspaceId: string, by: { ids?: string[]; subjectIds?: string[] }) {
  const { ids = [], subjectIds = [] } = by;
  return tx.$queryRaw<LockedBudget[]>`
    SELECT "id", "subject_id" AS "subjectId", "limit_micros" AS "limitMicros", "spent_micros" AS "spentMicros",
           "held_micros" AS "heldMicros"
    FROM "budget"
    WHERE "workspace_id" = ${workspaceId} AND ("id" = ANY(${ids}) OR "subject_id" = ANY(${subjectIds}))
    ORDER BY "id" FOR UPDATE`;
}

/**
 * Holds the worst case of one call against every budget above it, or nothing at all (law 5). A key that is held stays
 * held; one that was released holds anew.
 * @throws DomainError `not_found` when a subject has no budget; `lock_contention` when the key was settled meanwhile,
 * so that the caller looks for what the money was spent on
 */
export async function holdBudgets(tx: Transaction, order: ReservationOrder): Promise<ReservationResult> {
  const { workspaceId, subjectIds, key } = order;
  const micros = toBigInt(order.micros);
  const budgets = await lockBudgets(tx, workspaceId, { subjectIds: [...subjectIds] });
  const missing = subjectIds.find((subjectId) => !budgets.some((budget) => budget.subjectId === subjectId));
  if (missing !== undefined) throw new DomainError('not_found', `${missing} has no budget.`, { subjectId: missing });
  const held = await alreadyHeld(tx, budgets, key);
  const toHold = budgets.filter(({ id }) => !held.has(id));
  const full = toHold.find((budget) => !hasRoom(budget, micros));
  if (full) return refusal(full);
  for (const { id: budgetId } of toHold) {
    const row = { workspaceId, budgetId, key, state: ReservationState.held, heldMicros: micros, createdAt: new Date() };
    await tx.budgetReservation.upsert({
      where: { budgetId_key: { budgetId, key } },
      create: { ...row, id: newId(IdPrefix.reservation) },
      update: { ...row, closedAt: null },
    });
    await tx.budget.update({
      where: { id: budgetId },
      data: { heldMicros: { increment: micros }, updatedAt: new Date() },
    });
  }
  return { held: true };
}

async function alreadyHeld(tx: Transaction, budgets: readonly LockedBudget[], key: string): Promise<Set<string>> {
  const budgetId = { in: budgets.map(({ id }) => id) };
  const before = await tx.budgetReservation.findMany({ where: { key, budgetId } });
  if (before.some(({ state }) => state === ReservationState.settled)) {
    throw new DomainError('lock_contention', `${key} was paid for meanwhile: read what it brought.`, { key });
  }
  return new Set(before.filter(({ state }) => state === ReservationState.held).map((row) => row.budgetId));
}

function hasRoom({ limitMicros, spentMicros, heldMicros }: LockedBudget, micros: bigint): boolean {
  return limitMicros === null || spentMicros + heldMicros + micros <= limitMicros;
}

function refusal({ id, subjectId, limitMicros, spentMicros, heldMicros }: LockedBudget): BudgetRefusal {
  return {
    held: false,
    budgetId: id,
    subjectId,
    limitMicros: Number(limitMicros),
    spentMicros: Number(spentMicros),
    heldMicros: Number(heldMicros),
  };
}

/**
 * Books what a call really cost and gives back what was held for it. Booking twice is harmless. Money that was spent
 * after its reservation had been released is booked too, even past the limit: it is gone.
 * Call it in the transaction that records the call's result, so that neither is there without the other.
 * @throws DomainError `not_found` for a key that was never reserved
 */
export async function settleReservation(tx: Transaction, { workspaceId, key, micros }: SettlementOrder): Promise<void> {
  const reservations = await lockReservations(tx, workspaceId, key);
  if (reservations.length === 0) throw new DomainError('not_found', `Nothing was reserved for ${key}.`, { key });
  const spent = toBigInt(micros);
  for (const { id, budgetId, state, heldMicros } of reservations) {
    if (state === ReservationState.settled) continue;
    const returned = state === ReservationState.held ? heldMicros : 0n;
    await tx.budgetReservation.update({
      where: { id },
      data: { state: ReservationState.settled, settledMicros: spent, closedAt: new Date() },
    });
    await tx.budget.update({
      where: { id: budgetId },
      data: { spentMicros: { increment: spent }, heldMicros: { decrement: returned }, updatedAt: new Date() },
    });
  }
}

/**
 * Books money that was spent without having been held under this key, even past the limit: it is gone. A key is booked
 * once; false when it was booked before.
 */
export async function bookSpending(tx: Transaction, order: ReservationOrder): Promise<boolean> {
  const { workspaceId, subjectIds, key } = order;
  const micros = toBigInt(order.micros);
  const budgets = await lockBudgets(tx, workspaceId, { subjectIds: [...subjectIds] });
  const closed = { state: ReservationState.settled, heldMicros: 0n, settledMicros: micros, closedAt: new Date() };
  let booked = false;
  for (const { id: budgetId } of budgets) {
    const row = { id: newId(IdPrefix.reservation), workspaceId, budgetId, key, createdAt: new Date(), ...closed };
    const { count } = await tx.budgetReservation.createMany({ data: [row], skipDuplicates: true });
    if (count === 0) continue;
    const spent = { spentMicros: { increment: micros }, updatedAt: new Date() };
    await tx.budget.update({ where: { id: budgetId }, data: spent });
    booked = true;
  }
  return booked;
}

async function lockReservations(tx: Transaction, workspaceId: string, key: string) {
  const find = () => tx.budgetReservation.findMany({ where: { workspaceId, key }, orderBy: { budgetId: 'asc' } });
  await lockBudgets(tx, workspaceId, { ids: (await find()).map(({ budgetId }) => budgetId) });
  return find();
}

/** Gives back what is held under every key that begins so; end the prefix with the key's separator. */
export async function releaseReservations(
  tx: Transaction,
  { workspaceId, keyPrefix, key }: { workspaceId: string; keyPrefix?: string; key?: string },
): Promise<void> {
  const matching = await tx.$queryRaw<{ budgetId: string }[]>`
    SELECT DISTINCT "budget_id" AS "budgetId" FROM "budget_reservation"
    WHERE "workspace_id" = ${workspaceId} AND "state" = ${ReservationState.held}
      AND ("key" = ${key ?? null} OR starts_with("key", ${keyPrefix ?? null}))`;
  await lockBudgets(tx, workspaceId, { ids: matching.map(({ budgetId }) => budgetId) });
  await tx.$executeRaw`
    WITH "released" AS (
      UPDATE "budget_reservation" SET "state" = ${ReservationState.released}, "closed_at" = now()
      WHERE "workspace_id" = ${workspaceId} AND "state" = ${ReservationState.held}
        AND ("key" = ${key ?? null} OR starts_with("key", ${keyPrefix ?? null}))
        AND "budget_id" = ANY(${matching.map(({ budgetId }) => budgetId)})
      RETURNING "budget_id", "held_micros"
    ), "returned" AS (
      SELECT "budget_id", sum("held_micros")::bigint AS "micros" FROM "released" GROUP BY "budget_id"
    )
    UPDATE "budget" SET "held_micros" = "budget"."held_micros" - "returned"."micros", "updated_at" = now()
    FROM "returned" WHERE "budget"."id" = "returned"."budget_id"`;
}

function toBigInt(micros: MicroUsd): bigint {
  if (!Number.isSafeInteger(micros) || micros < 0) {
    throw new DomainError('invalid_input', `${micros} is no amount: micro-USD are whole numbers from 0.`);
  }
  return BigInt(micros);
}
