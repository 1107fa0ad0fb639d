import {
  AgentRunState,
  assertNever,
  idPrefix,
  IdPrefix,
  OkrRunState,
  settledTaskStates,
  summariseWaiting,
  TaskState,
  type Waiting,
  type WaitingOn,
  WaitKind,
  type WaitSubject,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { jsonColumn } from './json-column.js';

/** A wait as it is stored. It began earlier when the same was waited for before. */
export function waitingOn(waiting: Waiting, before?: unknown): WaitingOn {
  const earlier = before as WaitingOn | null | undefined;
  const same = earlier?.kind === waiting.kind && earlier.subjectId === waiting.subjectId;
  return {
    ...waiting,
    releasableBy: [...waiting.releasableBy],
    since: same ? earlier.since : new Date().toISOString(),
  };
}

/** As a column value. */
export function waitingColumn(waiting: Waiting, before?: unknown) {
  return jsonColumn(waitingOn(waiting, before));
}

/** The wait of an item that a process of ours works on right now. */
export function atWork(detail: string): Waiting {
  return { kind: WaitKind.work, detail, releasableBy: ['fermata'] };
}

const activeTaskStates = [TaskState.doing, TaskState.review];
const activeRunStates = [AgentRunState.running, AgentRunState.waiting];

/** A task's agent speaks for the task, and the tasks at work speak for the run. Only while the run is working on tasks. */
export async function bubbleUp(tx: Transaction, workspaceId: string, okrRunId: string): Promise<void> {
  const where = { okrRunId, workspaceId, state: { in: activeTaskStates } };
  const tasks = await tx.task.findMany({ where, select: { waitingOn: true } });
  const waits = tasks.flatMap((task) => (task.waitingOn ? [task.waitingOn as unknown as WaitingOn] : []));
  const summary = summariseWaiting(waits) ?? waitingOn(atWork('Working on the tasks.'));
  await tx.okrRun.updateMany({
    where: { id: okrRunId, workspaceId, state: OkrRunState.running },
    data: { waitingOn: jsonColumn(summary) },
  });
}

export type WaitingRepository = ReturnType<typeof createWaitingRepository>;

/** Law 6: what every item that is not final waits for. An item that has ended keeps saying nothing. */
export function createWaitingRepository(database: Database, workspaceId: string) {
  async function recordAgentRun(tx: Transaction, id: string, waiting: Waiting): Promise<boolean> {
    const run = await tx.agentRun.findFirst({ where: { id, workspaceId, state: { in: activeRunStates } } });
    if (!run) return false;
    const state = waiting.kind === WaitKind.work ? AgentRunState.running : AgentRunState.waiting;
    const column = waitingColumn(waiting, run.waitingOn);
    await tx.agentRun.updateMany({
      where: { id, workspaceId, state: { in: activeRunStates } },
      data: { state, waitingOn: column },
    });
    // Who waits for a subtask leaves it to that one to speak for the task.
    if (waiting.kind === WaitKind.dependency && idPrefix(waiting.subjectId ?? '') === IdPrefix.agentRun) return true;
    if (run.taskId) await recordTask(tx, run.taskId, waiting);
    else await recordOkrRun(tx, run.okrRunId, waiting);
    return true;
  }

  async function recordTask(tx: Transaction, id: string, waiting: Waiting): Promise<boolean> {
    const task = await tx.task.findFirst({ where: { id, workspaceId, state: { notIn: [...settledTaskStates] } } });
    if (!task) return false;
    await tx.task.updateMany({
      where: { id, workspaceId, state: task.state },
      data: { waitingOn: waitingColumn(waiting, task.waitingOn) },
    });
    await bubbleUp(tx, workspaceId, task.okrRunId);
    return true;
  }

  async function recordOkrRun(tx: Transaction, id: string, waiting: Waiting): Promise<boolean> {
    const run = await tx.okrRun.findFirst({ where: { id, workspaceId, endedAt: null } });
    if (!run) return false;
    // Who paused it is on the row already, and stays there until somebody resumes it.
    if (run.state === OkrRunState.paused) return true;
    await tx.okrRun.updateMany({
      where: { id, workspaceId, state: run.state },
      data: { waitingOn: waitingColumn(waiting, run.waitingOn) },
    });
    return true;
  }

  async function recordChangeRequest(tx: Transaction, id: string, waiting: Waiting): Promise<boolean> {
    const change = await tx.changeRequest.findFirst({ where: { id, workspaceId, closedAt: null, mergedAt: null } });
    if (!change) return false;
    await tx.changeRequest.updateMany({
      where: { id, workspaceId },
      data: { waitingOn: waitingColumn(waiting, change.waitingOn) },
    });
    await recordTask(tx, change.taskId, waiting);
    return true;
  }

  return {
    /** False, and nothing said: the item has ended. */
    record({ subject, waiting }: { subject: WaitSubject; waiting: Waiting }): Promise<boolean> {
      return inTransaction(database, (tx) => {
        switch (subject.type) {
          case 'agent_run':
            return recordAgentRun(tx, subject.id, waiting);
          case 'task':
            return recordTask(tx, subject.id, waiting);
          case 'okr_run':
            return recordOkrRun(tx, subject.id, waiting);
          case 'change_request':
            return recordChangeRequest(tx, subject.id, waiting);
          default:
            return assertNever(subject);
        }
      });
    },
  };
}
