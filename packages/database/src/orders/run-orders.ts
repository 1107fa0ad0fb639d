import { EventType, type JsonObject, OkrRunState, WaitKind, type Waiting } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import type { OkrRun, Prisma } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { okrRunMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { atWork, waitingColumn } from '../work/waiting.repository.js';
import { hasEnded, lockRun, refuseUnlessGoing } from './locked-run.js';
import type { OrderGiver } from './order-giver.js';

const revise = { ordersRevision: { increment: 1 } };

/**
 * Holds a run where it is. A run that is paused already stays as it is.
 * @throws DomainError `not_found`; `invalid_transition` when it has ended or is being cancelled
 */
export function pauseRun(database: Database, by: OrderGiver, id: string): Promise<OkrRun> {
  return inTransaction(database, async (tx) => {
    const run = await lockRun(tx, by.workspaceId, id);
    refuseUnlessGoing(run, 'paused');
    if (run.state === OkrRunState.paused) return run;
    const waiting: Waiting = {
      kind: WaitKind.human,
      detail: 'Paused. Resume it to go on.',
      releasableBy: ['operator'],
      subjectId: id,
    };
    const set = { pausedFrom: run.state, waitingOn: waitingColumn(waiting) };
    return move(tx, by, { run, to: OkrRunState.paused, set, action: 'okr_run.pause' });
  });
}

/**
 * Lets a paused run go on where it was. A run that is not paused stays as it is.
 * @throws DomainError `not_found`; `invalid_transition` when it has ended or is being cancelled
 */
export function resumeRun(database: Database, by: OrderGiver, id: string): Promise<OkrRun> {
  return inTransaction(database, async (tx) => {
    const run = await lockRun(tx, by.workspaceId, id);
    refuseUnlessGoing(run, 'resumed');
    if (run.state !== OkrRunState.paused) return run;
    const to = (run.pausedFrom ?? OkrRunState.drafting) as OkrRunState;
    const set = { pausedFrom: null, waitingOn: waitingColumn(waitingAfter(to)) };
    return move(tx, by, { run, to, set, action: 'okr_run.resume' });
  });
}

export interface CancelOrder {
  id: string;
  reason: string | null;
}

/**
 * Asks for the end of a run. It stays in its state until its work has ended: cancelling ends the work, then says so.
 * @throws DomainError `not_found`; `invalid_transition` when it has ended otherwise
 */
export function cancelRun(database: Database, by: OrderGiver, { id, reason }: CancelOrder): Promise<OkrRun> {
  const { workspaceId } = by;
  return inTransaction(database, async (tx) => {
    const run = await lockRun(tx, workspaceId, id);
    const { state } = run;
    if (state === OkrRunState.cancelled || (run.cancelRequestedAt && !hasEnded(run))) return run;
    refuseUnlessGoing(run, 'cancelled');
    const waitingOn = waitingColumn(atWork('Cancelled: its work is being ended.'));
    await tx.okrRun.updateMany({
      where: { id, workspaceId },
      data: { cancelRequestedAt: new Date(), cancelReason: reason, waitingOn, ...revise },
    });
    const data = { from: state, to: state, cancelRequested: true, reason };
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.okrRunStateChanged, subjectId: id, okrRunId: id, data }],
      audit: [{ actor: by.principalId, action: 'okr_run.cancel', subjectId: id, detail: data }],
    });
    return lockRun(tx, workspaceId, id);
  });
}

function waitingAfter(state: OkrRunState): Waiting {
  if (state !== OkrRunState.awaitingApproval) return atWork('Resumed.');
  return { kind: WaitKind.human, detail: 'The plan awaits approval.', releasableBy: ['approver'] };
}

interface RunMove {
  run: OkrRun;
  to: OkrRunState;
  set: Prisma.OkrRunUpdateManyMutationInput;
  action: string;
}

async function move(tx: Transaction, by: OrderGiver, { run, to, set, action }: RunMove): Promise<OkrRun> {
  const { workspaceId, principalId: actor } = by;
  const from = run.state as OkrRunState;
  const ref = { id: run.id, workspaceId };
  const moved = await moveState(tx, okrRunMachine, { ...ref, to, from: [from], set: { ...set, ...revise } });
  const detail: JsonObject = { from, to };
  await recordChange(tx, { workspaceId, events: moved.events, audit: [{ actor, action, subjectId: run.id, detail }] });
  return moved.row;
}
