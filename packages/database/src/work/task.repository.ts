import {
  DomainError,
  type Failure,
  settledTaskStates,
  type TaskOutcome,
  TaskState,
  WaitKind,
  type Waiting,
} from '@fermata/contracts';
import { noLines, voidQuestionsOf } from '../approvals/approval-changes.js';
import type { Database, Transaction } from '../client.js';
import { Prisma } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { lockRun } from '../orders/locked-run.js';
import { taskMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { jsonColumn } from './json-column.js';
import { mayYetRun } from './may-yet-run.js';
import { atWork, bubbleUp, waitingColumn } from './waiting.repository.js';

const slotWait: Waiting = {
  kind: WaitKind.slot,
  detail: 'Waits for a free slot in this run.',
  releasableBy: ['fermata'],
};

/** What a task that has not begun waits for: its dependencies first, then a slot. */
export function waitingToBegin(openDependencies: readonly { id: string; title: string }[]): Waiting {
  const [first] = openDependencies;
  if (!first) return slotWait;
  const more = openDependencies.length > 1 ? ` and ${openDependencies.length - 1} more` : '';
  return {
    kind: WaitKind.dependency,
    detail: `Waits for "${first.title}"${more}.`,
    releasableBy: ['fermata'],
    subjectId: first.id,
  };
}

interface TaskMove {
  id: string;
  to: TaskState;
  failure?: Failure | null;
  set?: Prisma.TaskUpdateManyMutationInput;
  waiting?: Waiting;
}

export type TaskRepository = ReturnType<typeof createTaskRepository>;

/** Tasks as their workflow changes them. */
export function createTaskRepository(database: Database, workspaceId: string) {
  /** @throws DomainError `not_found` */
  async function get(id: string, tx: Transaction = database) {
    const task = await tx.task.findFirst({ where: { id, workspaceId } });
    if (!task) throw new DomainError('not_found', `There is no task ${id}.`, { id });
    return task;
  }

  async function move(tx: Transaction, { id, to, failure, set, waiting }: TaskMove): Promise<void> {
    const settled = settledTaskStates.includes(to);
    const changes = {
      ...set,
      ...(failure !== undefined && { failure: failure ? jsonColumn(failure) : Prisma.DbNull }),
      ...(settled && { endedAt: new Date() }),
      waitingOn: settled ? Prisma.DbNull : waitingColumn(waiting ?? atWork('At work.')),
    };
    const data = failure ? { code: failure.code } : {};
    const { moved, events } = await moveState(tx, taskMachine, { id, workspaceId, to, set: changes, data });
    if (!moved) return;
    const audit = [{ actor: 'fermata', action: `task.${to}`, subjectId: id, detail: data }];
    const voided = settled ? await voidQuestionsOf(tx, { workspaceId, of: { taskId: id } }) : noLines;
    await recordChange(tx, { workspaceId, events: [...voided.events, ...events], audit: [...voided.audit, ...audit] });
  }

  /** Tasks that waited for `id` say what they wait for now. */
  async function refreshDependents(tx: Transaction, id: string): Promise<void> {
    const dependents = await tx.taskDependency.findMany({ where: { dependsOnId: id, workspaceId } });
    for (const { taskId } of dependents) {
      const links = await tx.taskDependency.findMany({ where: { taskId, workspaceId } });
      const where = { id: { in: links.map((link) => link.dependsOnId) }, workspaceId, state: { not: TaskState.done } };
      const open = await tx.task.findMany({ where, orderBy: { position: 'asc' } });
      await tx.task.updateMany({
        where: { id: taskId, workspaceId, state: TaskState.todo },
        data: { waitingOn: waitingColumn(waitingToBegin(open)) },
      });
    }
  }

  async function settle(tx: Transaction, id: string, { state, failure }: TaskOutcome): Promise<TaskOutcome> {
    const task = await get(id, tx);
    if (settledTaskStates.includes(task.state as TaskState)) {
      return { state: task.state as TaskOutcome['state'], failure: task.failure as unknown as Failure | null };
    }
    await move(tx, { id, to: state, failure });
    await refreshDependents(tx, id);
    await bubbleUp(tx, workspaceId, task.okrRunId);
    return { state, failure };
  }

  return {
    get,

    /** Begins an attempt, once; says which host has the work. */
    async begin({ taskId, attempt, host }: { taskId: string; attempt: number; host: string }) {
      return inTransaction(database, async (tx) => {
        const task = await get(taskId, tx);
        if (task.state === TaskState.todo && attempt >= task.attempts) {
          const set = {
            startedAt: task.startedAt ?? new Date(),
            attempts: attempt,
            host: task.host ?? host,
            failure: Prisma.DbNull,
            endedAt: null,
          };
          await move(tx, { id: taskId, to: TaskState.doing, set, waiting: atWork('Preparing the worktree.') });
          await bubbleUp(tx, workspaceId, task.okrRunId);
        }
        return get(taskId, tx);
      });
    },

    move: (id: string, to: TaskState) => inTransaction(database, (tx) => move(tx, { id, to })),

    /** What git says of the task's branch. Its base is the newest commit of the target that it was made or merged on. */
    recordBranch: (id: string, branch: { branch?: string; baseCommit?: string; headCommit?: string }) =>
      database.task.updateMany({ where: { id, workspaceId }, data: branch }),

    recordSummary: (id: string, summary: string) =>
      database.task.updateMany({ where: { id, workspaceId }, data: { summary } }),

    /** Ends an attempt, once: what a second call says is ignored, and the first outcome is given back. */
    settle: (id: string, outcome: TaskOutcome) => inTransaction(database, (tx) => settle(tx, id, outcome)),

    /** Fails a task that will not run, unless what it depends on has been reopened: then it may run yet. */
    skip(id: string, failure: Failure): Promise<void> {
      return inTransaction(database, async (tx) => {
        // Whoever reopens a task locks its run too.
        const { okrRunId } = await get(id, tx);
        await lockRun(tx, workspaceId, okrRunId);
        if (!(await mayYetRun(tx, { id, okrRunId, workspaceId }))) await settle(tx, id, { state: 'failed', failure });
      });
    },

    /** Nobody will take up what a run that ends has left open. */
    async cancelOpen(tx: Transaction, okrRunId: string): Promise<void> {
      const where = { okrRunId, workspaceId, state: { notIn: [...settledTaskStates] } };
      const open = await tx.task.findMany({ where, select: { id: true }, orderBy: { position: 'asc' } });
      for (const { id } of open) await move(tx, { id, to: TaskState.cancelled });
    },

    dependenciesOf: (taskIds: readonly string[]) =>
      database.taskDependency.findMany({ where: { taskId: { in: [...taskIds] }, workspaceId } }),

    ofRun: (okrRunId: string, tx: Transaction = database) =>
      tx.task.findMany({ where: { okrRunId, workspaceId }, orderBy: { position: 'asc' } }),
  };
}
