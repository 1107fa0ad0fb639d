import {
  DomainError,
  type Failure,
  isFinal,
  OkrRunState,
  okrRunTransitions,
  type OkrRunReport,
  type Orders,
  TaskState,
  type Waiting,
  WaitKind,
} from '@fermata/contracts';
import { noLines, voidQuestionsOf } from '../approvals/approval-changes.js';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { lockRun } from '../orders/locked-run.js';
import { okrRunMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { type OkrRun, Prisma } from '../generated/client.js';
import type { PreparedStatement } from '../prepared-statement.js';
import { cancelUnbegun } from './cancel-unbegun.js';
import { jsonColumn } from './json-column.js';
import { createTaskRepository } from './task.repository.js';
import { atWork, waitingColumn } from './waiting.repository.js';

export interface OkrRunMove {
  id: string;
  to: OkrRunState;
  failure?: Failure;
  report?: OkrRunReport;
  /** What it waits for in its new state, where that is more than the state says. */
  waiting?: Waiting;
}

/** What a run waits for when it has just come to a state. */
function waitingIn(state: OkrRunState): Waiting {
  switch (state) {
    case OkrRunState.awaitingApproval:
      return { kind: WaitKind.human, detail: 'The plan awaits approval.', releasableBy: ['approver'] };
    case OkrRunState.measuring:
      return atWork('Measuring the key results.');
    default:
      return atWork('Working on the tasks.');
  }
}

const ordersOf: PreparedStatement = {
  name: 'orders_of_run',
  text: `SELECT "state", "orders_seen" AS "ordersSeen", "orders_revision" AS "ordersRevision",
    "cancel_requested_at" IS NOT NULL OR EXISTS (
      SELECT 1 FROM "task" WHERE "workspace_id" = $1 AND "id" = $3 AND "cancel_requested_at" IS NOT NULL
    ) AS "cancelled" FROM "okr_run" WHERE "workspace_id" = $1 AND "id" = $2`,
};

type OrderedRun = Pick<OkrRun, 'state' | 'ordersSeen' | 'ordersRevision'> & { cancelled: boolean };

function notFound(id: string): DomainError {
  return new DomainError('not_found', `There is no OKR run ${id}.`, { id });
}

export type OkrRunRepository = ReturnType<typeof createOkrRunRepository>;

/** OKR runs as their workflow changes them. */
export function createOkrRunRepository(database: Database, workspaceId: string) {
  const tasks = createTaskRepository(database, workspaceId);

  /** @throws DomainError `not_found` */
  async function get(id: string, tx: Transaction = database) {
    const run = await tx.okrRun.findFirst({ where: { id, workspaceId } });
    if (!run) throw notFound(id);
    return run;
  }

  function columns({ to, failure, report, waiting }: OkrRunMove): Prisma.OkrRunUpdateManyMutationInput {
    const ended = isFinal(okrRunTransitions, to);
    return {
      ...(failure && { failure: jsonColumn(failure) }),
      ...(report && { report: jsonColumn(report) }),
      ...(to === OkrRunState.running && { startedAt: new Date() }),
      ...(ended && { endedAt: new Date(), pausedFrom: null }),
      waitingOn: ended ? Prisma.DbNull : waitingColumn(waiting ?? waitingIn(to)),
    };
  }

  return {
    get,

    /**
     * Moves the run, once. One that was paused meanwhile stays paused and will come back to `to`, unless `to` is an end.
     */
    move(move: OkrRunMove): Promise<void> {
      return inTransaction(database, (tx) => this.moveWithin(tx, move));
    },

    /**
     * Goes on from the tasks to measuring, once. False while a task waits to be begun: it was reopened, and its run must
     * do it first. Whoever reopens one locks the run too, so it comes before this or is refused.
     */
    beginMeasuring(id: string): Promise<boolean> {
      return inTransaction(database, async (tx) => {
        await lockRun(tx, workspaceId, id);
        const where = { okrRunId: id, workspaceId, state: TaskState.todo };
        if ((await tx.task.count({ where })) > 0) return false;
        await this.moveWithin(tx, { id, to: OkrRunState.measuring });
        return true;
      });
    },

    async moveWithin(tx: Transaction, move: OkrRunMove): Promise<void> {
      const { id, to } = move;
      // Held until the commit: a pause comes before this move and keeps it, or after it.
      const run = await lockRun(tx, workspaceId, id);
      if (run.state === OkrRunState.paused && !isFinal(okrRunTransitions, to)) {
        const startedAt = to === OkrRunState.running ? { startedAt: new Date() } : {};
        const where = { id, workspaceId, state: OkrRunState.paused };
        await tx.okrRun.updateMany({ where, data: { pausedFrom: to, ...startedAt } });
        return;
      }
      const data = move.failure ? { code: move.failure.code } : {};
      const { moved, events } = await moveState(tx, okrRunMachine, { id, workspaceId, to, set: columns(move), data });
      if (!moved) return;
      const audit = [{ actor: 'fermata', action: `okr_run.${to}`, subjectId: id, detail: data }];
      const ended = isFinal(okrRunTransitions, to);
      if (ended) await tasks.cancelOpen(tx, id);
      const voided = ended ? await voidQuestionsOf(tx, { workspaceId, of: { okrRunId: id } }) : noLines;
      const left = ended ? await cancelUnbegun(tx, { workspaceId, okrRunId: id }) : noLines;
      await recordChange(tx, {
        workspaceId,
        events: [...voided.events, ...left.events, ...events],
        audit: [...voided.audit, ...left.audit, ...audit],
      });
    },

    setHost: (id: string, host: string) => database.okrRun.updateMany({ where: { id, workspaceId }, data: { host } }),

    /** What people have ordered. Reading them tells the sweep that the last nudge has arrived. */
    async readOrders({ okrRunId, taskId }: { okrRunId: string; taskId?: string }): Promise<Orders> {
      const [run] = await database.ask<OrderedRun>(ordersOf, [workspaceId, okrRunId, taskId ?? null]);
      if (!run) throw notFound(okrRunId);
      if (!taskId && run.ordersSeen < run.ordersRevision) {
        const where = { id: okrRunId, workspaceId, ordersSeen: { lt: run.ordersRevision } };
        await database.okrRun.updateMany({ where, data: { ordersSeen: run.ordersRevision } });
      }
      return { paused: run.state === OkrRunState.paused, cancelled: run.cancelled };
    },
  };
}
