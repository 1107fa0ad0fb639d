import {
  AgentRunState,
  assertNever,
  OkrRunState,
  settledTaskStates,
  TaskState,
  type Waiting,
  type WaitingOn,
  WaitKind,
  type WaitSubject,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { jsonColumn } from './json-column.js';
import { atWork, bubbleUp, waitingOn } from './waiting.repository.js';

/** A wait for another try, as a row holds it. */
interface RetryWait extends WaitingOn {
  /** What the row said before: that is said again when the trouble is over. */
  interrupted?: WaitingOn;
}

/** What the rows from the subject upwards are told. */
interface Telling {
  /** What a row is to say after what it says now; null leaves it as it is. */
  next(said: unknown): WaitingOn | null;
  /** Rows that say something else by now are left alone. */
  only: { waitingOn?: { path: string[]; equals: string } };
}

/** Who the words are for, and how long there is to write them: what comes too late is not written at all. */
export interface RetryWaitOrder {
  subject: WaitSubject;
  signal?: AbortSignal;
}

function interrupting(waiting: Waiting): Telling {
  return {
    next(said) {
      const before = said as RetryWait | null;
      const interrupted = before?.kind === WaitKind.retry ? before.interrupted : before;
      const wait: RetryWait = { ...waitingOn(waiting, said), ...(interrupted && { interrupted }) };
      return wait;
    },
    only: {},
  };
}

const resuming: Telling = {
  next(said) {
    const before = said as RetryWait | null;
    return before?.kind === WaitKind.retry ? (before.interrupted ?? waitingOn(atWork('Going on.'))) : null;
  },
  only: { waitingOn: { path: ['kind'], equals: WaitKind.retry } },
};

/** A queued run has not begun: no wait makes it `waiting`. */
function stateSaying(state: string, { kind }: WaitingOn): string {
  if (state === AgentRunState.queued) return state;
  return kind === WaitKind.work ? AgentRunState.running : AgentRunState.waiting;
}

export type RetryWaitRepository = ReturnType<typeof createRetryWaitRepository>;

/**
 * Law 6 for what fails and is tried again. The subject and what it is a part of say so until the step succeeds; one that
 * has ended leaves it to the whole. Afterwards each row says again what it said before, unless it says something else by
 * then.
 */
export function createRetryWaitRepository(database: Database, workspaceId: string) {
  async function tellAgentRun(tx: Transaction, id: string, telling: Telling): Promise<void> {
    const run = await tx.agentRun.findFirst({ where: { id, workspaceId } });
    if (!run) return;
    const next = run.endedAt === null ? telling.next(run.waitingOn) : null;
    if (next) {
      const where = { id, workspaceId, state: run.state, ...telling.only };
      const data = { state: stateSaying(run.state, next), waitingOn: jsonColumn(next) };
      await tx.agentRun.updateMany({ where, data });
    }
    if (run.taskId) await tellTask(tx, run.taskId, telling);
    else await tellOkrRun(tx, { id: run.okrRunId, fromTaskAtWork: false }, telling);
  }

  async function tellChangeRequest(tx: Transaction, id: string, telling: Telling): Promise<void> {
    const change = await tx.changeRequest.findFirst({ where: { id, workspaceId } });
    if (!change) return;
    const ended = change.closedAt !== null || change.mergedAt !== null;
    const next = ended ? null : telling.next(change.waitingOn);
    if (next) {
      const where = { id, workspaceId, state: change.state, ...telling.only };
      await tx.changeRequest.updateMany({ where, data: { waitingOn: jsonColumn(next) } });
    }
    await tellTask(tx, change.taskId, telling);
  }

  async function tellTask(tx: Transaction, id: string, telling: Telling): Promise<void> {
    const task = await tx.task.findFirst({ where: { id, workspaceId } });
    if (!task) return;
    const next = settledTaskStates.includes(task.state as TaskState) ? null : telling.next(task.waitingOn);
    if (next) {
      const where = { id, workspaceId, state: task.state, ...telling.only };
      await tx.task.updateMany({ where, data: { waitingOn: jsonColumn(next) } });
    }
    // Only a task at work speaks for the run together with the others.
    const fromTaskAtWork = task.state === TaskState.doing || task.state === TaskState.review;
    await tellOkrRun(tx, { id: task.okrRunId, fromTaskAtWork }, telling);
  }

  async function tellOkrRun(
    tx: Transaction,
    { id, fromTaskAtWork }: { id: string; fromTaskAtWork: boolean },
    telling: Telling,
  ): Promise<void> {
    const run = await tx.okrRun.findFirst({ where: { id, workspaceId, endedAt: null } });
    // Who paused it is on the row already, and stays there until somebody resumes it.
    if (!run || run.state === OkrRunState.paused) return;
    const next = telling.next(run.waitingOn);
    const tasksSpeak = fromTaskAtWork || (next !== null && next.kind !== WaitKind.retry);
    if (run.state === OkrRunState.running && tasksSpeak) return bubbleUp(tx, workspaceId, id);
    if (!next) return;
    const where = { id, workspaceId, state: run.state, ...telling.only };
    await tx.okrRun.updateMany({ where, data: { waitingOn: jsonColumn(next) } });
  }

  function tell({ subject, signal }: RetryWaitOrder, telling: Telling): Promise<void> {
    return inTransaction(database, async (tx) => {
      await tellSubject(tx, subject, telling);
      // Too late: the next attempt may be over by now, and nobody would take the words back.
      signal?.throwIfAborted();
    });
  }

  function tellSubject(tx: Transaction, subject: WaitSubject, telling: Telling): Promise<void> {
    switch (subject.type) {
      case 'agent_run':
        return tellAgentRun(tx, subject.id, telling);
      case 'change_request':
        return tellChangeRequest(tx, subject.id, telling);
      case 'task':
        return tellTask(tx, subject.id, telling);
      case 'okr_run':
        return tellOkrRun(tx, { id: subject.id, fromTaskAtWork: false }, telling);
      default:
        return assertNever(subject);
    }
  }

  return {
    /** Says that another try is waited for. */
    say: (order: RetryWaitOrder & { waiting: Omit<Waiting, 'kind'> }): Promise<void> =>
      tell(order, interrupting({ ...order.waiting, kind: WaitKind.retry })),

    /** Takes it back. */
    end: (order: RetryWaitOrder): Promise<void> => tell(order, resuming),
  };
}
