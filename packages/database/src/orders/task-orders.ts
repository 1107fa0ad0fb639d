import { DomainError, EventType, settledTaskStates, TaskState } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { type OkrRun, Prisma, type Task } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { taskMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { waitingToBegin } from '../work/task.repository.js';
import { atWork, waitingColumn } from '../work/waiting.repository.js';
import { hasEnded, lockRun, refuseUnlessWorking } from './locked-run.js';
import type { OrderGiver } from './order-giver.js';
import type { CancelOrder } from './run-orders.js';

/** States in which nobody works on a task: an end that it may leave again, or it has not begun. */
const idle: readonly TaskState[] = [
  ...[TaskState.failed, TaskState.partialDone],
  ...[TaskState.idea, TaskState.backlog, TaskState.todo],
];

/**
 * Reopens a task that failed or ended without landing, as a new attempt. A task that is waiting or at work already
 * stays as it is. Only while its run works on tasks, because nobody else would take it up.
 * @throws DomainError `not_found`; `invalid_transition` for a task that is done or cancelled, or a run not at work
 */
export function retryTask(database: Database, by: OrderGiver, id: string): Promise<Task> {
  return inTransaction(database, async (tx) => {
    const { task, state } = await lockTask(tx, by, { id, order: 'retried' });
    if (!settledTaskStates.includes(state)) return task;
    const set = {
      attempts: { increment: 1 },
      failure: Prisma.DbNull,
      endedAt: null,
      ...{ cancelRequestedAt: null, cancelReason: null },
      waitingOn: waitingColumn(waitingToBegin(await openDependencies(tx, task))),
    };
    return move(tx, by, { task, to: TaskState.todo, set, action: 'task.retry', detail: {} });
  });
}

/**
 * Asks for the end of one task; its branch is kept. One that nobody works on, yet or any more, is cancelled at once, one
 * at work when its work has ended.
 * @throws DomainError `not_found`; `invalid_transition` for a task that is done, or a run not at work
 */
export function cancelTask(database: Database, by: OrderGiver, { id, reason }: CancelOrder): Promise<Task> {
  return inTransaction(database, async (tx) => {
    const { task, state } = await lockTask(tx, by, { id, order: 'cancelled' });
    if (state === TaskState.cancelled) return task;
    const cancelRequestedAt = new Date();
    if (settledTaskStates.includes(state) || idle.includes(state)) {
      const endedAt = task.endedAt ?? cancelRequestedAt;
      const set = { cancelRequestedAt, cancelReason: reason, endedAt, waitingOn: Prisma.DbNull };
      return move(tx, by, { task, to: TaskState.cancelled, set, action: 'task.cancel', detail: { reason } });
    }
    if (task.cancelRequestedAt) return task;
    const { workspaceId, okrRunId } = task;
    const waitingOn = waitingColumn(atWork('Cancelled: its work is being ended.'));
    const data = { cancelRequestedAt, cancelReason: reason, waitingOn };
    await tx.task.updateMany({ where: { id, workspaceId }, data });
    await reviseOrders(tx, task);
    const detail = { from: state, to: state, cancelRequested: true, reason };
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.taskStateChanged, subjectId: id, okrRunId, taskId: id, data: detail }],
      audit: [{ actor: by.principalId, action: 'task.cancel', subjectId: id, detail }],
    });
    return reread(tx, task);
  });
}

/** The task, with its run's row and its own locked, in this order. */
async function lockTask(tx: Transaction, { workspaceId }: OrderGiver, { id, order }: { id: string; order: string }) {
  const found = await tx.task.findFirst({ where: { id, workspaceId } });
  if (!found) throw new DomainError('not_found', `there is no task ${id} in your workspace`, { id });
  const run = await lockRun(tx, workspaceId, found.okrRunId);
  if (hasEnded(run)) throw tooLate(run, found, order);
  refuseUnlessWorking(run, order);
  await tx.$queryRaw`SELECT "id" FROM "task" WHERE "id" = ${found.id} AND "workspace_id" = ${workspaceId} FOR UPDATE`;
  const task = await reread(tx, found);
  return { task, state: task.state as TaskState };
}

/** Nobody takes up a task of a run that has ended: where its work is, and how to go on with it. */
function tooLate({ id: okrRunId, state }: OkrRun, { id, branch, state: taskState }: Task, order: string): DomainError {
  const kept =
    branch !== null && taskState === TaskState.partialDone ? ` Its work is kept on the branch ${branch}.` : '';
  const message = `${okrRunId} has ended (${state}), so ${id} cannot be ${order}.${kept} Submit a goal for what is left: that begins another run.`;
  return new DomainError('invalid_transition', message, { id, okrRunId, state, branch });
}

function reread(tx: Transaction, { id, workspaceId }: Task): Promise<Task> {
  return tx.task.findFirstOrThrow({ where: { id, workspaceId } });
}

/** The run has an order to read: the sweep repeats the nudge until it has. */
async function reviseOrders(tx: Transaction, { okrRunId, workspaceId }: Task): Promise<void> {
  await tx.okrRun.updateMany({ where: { id: okrRunId, workspaceId }, data: { ordersRevision: { increment: 1 } } });
}

async function openDependencies(tx: Transaction, { id, workspaceId }: Task) {
  const links = await tx.taskDependency.findMany({ where: { taskId: id, workspaceId } });
  const ids = links.map((link) => link.dependsOnId);
  const where = { id: { in: ids }, workspaceId, state: { not: TaskState.done } };
  return tx.task.findMany({ where, orderBy: { position: 'asc' } });
}

interface TaskMove {
  task: Task;
  to: TaskState;
  set: Prisma.TaskUpdateManyMutationInput;
  action: string;
  detail: { reason?: string | null };
}

async function move(tx: Transaction, by: OrderGiver, { task, to, set, action, detail }: TaskMove): Promise<Task> {
  const { id, workspaceId, state: from } = task;
  const moved = await moveState(tx, taskMachine, { id, workspaceId, to, from: idle, set, data: detail });
  await reviseOrders(tx, task);
  const audit = [{ actor: by.principalId, action, subjectId: id, detail: { from, to, ...detail } }];
  await recordChange(tx, { workspaceId, events: moved.events, audit });
  return moved.row;
}
