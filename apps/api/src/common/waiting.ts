import {
  type AgentRunState,
  agentRunTransitions,
  ApprovalState,
  type ChangeRequestState,
  changeRequestTransitions,
  isFinal,
  type OkrRunState,
  okrRunTransitions,
  settledTaskStates,
  type TaskState,
  type WaitingOn,
  WaitKind,
} from '@fermata/contracts';
import type { AgentRunRow, ApprovalRow, ChangeRequestRow, OkrRunRow, TaskRow } from '@fermata/database/reading';
import type { Loaders } from './loaders.js';
import { believed, type WorkedFor } from './lost-worker.js';

/*
 * Law 6: an item that has not ended says what it waits for. Workflows write it down; between the birth of a row and
 * the first words of its workflow, and after the last words of a worker that is gone, this file speaks for it.
 */

interface Waiting {
  waitingOn: unknown;
  createdAt: Date;
}

function recorded({ waitingOn, createdAt }: Waiting, detail: string): WaitingOn {
  if (waitingOn !== null) return waitingOn as WaitingOn;
  return { kind: WaitKind.slot, since: createdAt.toISOString(), detail, releasableBy: ['fermata'] };
}

/** Hosts are looked at only for what claims to be at work. */
async function toldTrue(waiting: WaitingOn | null, worked: WorkedFor, load: Loaders): Promise<WaitingOn | null> {
  return waiting?.kind === WaitKind.work ? believed(waiting, worked, await load.hosts()) : waiting;
}

/** Its tasks may be on several hosts: as long as one of those is alive it is. */
export async function okrRunWaiting(run: OkrRunRow, load: Loaders): Promise<WaitingOn | null> {
  if (isFinal(okrRunTransitions, run.state as OkrRunState)) return null;
  return toldTrue(recorded(run, 'Waits for a worker to take it up.'), { host: null }, load);
}

/** A task that ended waits for nothing, although it may be reopened. */
export async function taskWaiting(task: TaskRow, load: Loaders): Promise<WaitingOn | null> {
  if (settledTaskStates.includes(task.state as TaskState)) return null;
  return toldTrue(recorded(task, 'Waits for its turn in the run.'), task, load);
}

export async function agentRunWaiting(run: AgentRunRow, load: Loaders): Promise<WaitingOn | null> {
  if (isFinal(agentRunTransitions, run.state as AgentRunState)) return null;
  return toldTrue(recorded(run, 'Waits for a worker to take it up.'), run, load);
}

export async function changeRequestWaiting(change: ChangeRequestRow, load: Loaders): Promise<WaitingOn | null> {
  if (isFinal(changeRequestTransitions, change.state as ChangeRequestState)) return null;
  const task = await load.task(change.taskId);
  return toldTrue(recorded(change, 'Waits for a worker to take it up.'), { host: task?.host ?? null }, load);
}

export function approvalWaiting(approval: ApprovalRow): WaitingOn | null {
  if (approval.state !== ApprovalState.pending) return null;
  return {
    kind: WaitKind.human,
    since: approval.requestedAt.toISOString(),
    detail: `Waits for somebody to decide: ${approval.title}`,
    releasableBy: ['approver'],
    subjectId: approval.id,
  };
}
