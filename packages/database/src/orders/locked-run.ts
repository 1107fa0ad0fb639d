import { DomainError, isFinal, OkrRunState, okrRunTransitions } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import type { OkrRun } from '../generated/client.js';

/**
 * The run, with its row locked until the transaction ends: orders about one run come one after the other.
 * @throws DomainError `not_found`
 */
export async function lockRun(tx: Transaction, workspaceId: string, id: string): Promise<OkrRun> {
  const where = { id, workspaceId };
  // Looked up first: what a caller gave for an id may be no text that a raw statement can carry.
  const found = await tx.okrRun.findFirst({ where, select: { id: true } });
  if (!found) throw new DomainError('not_found', `there is no OKR run ${id} in your workspace`, { id });
  await tx.$queryRaw`SELECT "id" FROM "okr_run" WHERE "id" = ${found.id} AND "workspace_id" = ${workspaceId} FOR UPDATE`;
  return tx.okrRun.findFirstOrThrow({ where });
}

export function hasEnded(run: OkrRun): boolean {
  return isFinal(okrRunTransitions, run.state as OkrRunState);
}

/** @throws DomainError `invalid_transition` for a run that has ended or is being cancelled */
export function refuseUnlessGoing(run: OkrRun, order: string): void {
  const { id, state } = run;
  if (hasEnded(run)) {
    throw new DomainError('invalid_transition', `${id} has ended (${state}), so it cannot be ${order}`, { id, state });
  }
  if (run.cancelRequestedAt) {
    throw new DomainError('invalid_transition', `${id} is being cancelled, so it cannot be ${order}`, { id, state });
  }
}

/** @throws DomainError `invalid_transition` unless the run works on its tasks, or is paused while it does */
export function refuseUnlessWorking(run: OkrRun, order: string): void {
  refuseUnlessGoing(run, order);
  const at = run.state === 'paused' ? run.pausedFrom : run.state;
  if (at === OkrRunState.running) return;
  const message = `${run.id} is ${run.state} and not at work on its tasks, so none of them can be ${order}`;
  throw new DomainError('invalid_transition', message, { id: run.id, state: run.state });
}
