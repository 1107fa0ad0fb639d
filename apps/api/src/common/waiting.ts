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

/*
 * Law 6: an item that has not ended says what it waits for. Workflows write it down; between the birth of a row and
 * the first words of its workflow, this file speaks for it.
 */

interface Waiting {
  waitingOn: unknown;
  createdAt: Date;
}

function recorded({ waitingOn, createdAt }: Waiting, detail: string): WaitingOn {
  if (waitingOn !== null) return waitingOn as WaitingOn;
  return { kind: WaitKind.slot, since: createdAt.toISOString(), detail, releasableBy: ['fermata'] };
}

export function okrRunWaiting(run: OkrRunRow): WaitingOn | null {
  if (isFinal(okrRunTransitions, run.state as OkrRunState)) return null;
  return recorded(run, 'Waits for a worker to take it up.');
}

/** A task that ended waits for nothing, although it may be reopened. */
export function taskWaiting(task: TaskRow): WaitingOn | null {
  if (settledTaskStates.includes(task.state as TaskState)) return null;
  return recorded(task, 'Waits for its turn in the run.');
}

export function agentRunWaiting(run: AgentRunRow): WaitingOn | null {
  if (isFinal(agentRunTransitions, run.state as AgentRunState)) return null;
  return recorded(run, 'Waits for a worker to take it up.');
}

export function changeRequestWaiting(change: ChangeRequestRow): WaitingOn | null {
  if (isFinal(changeRequestTransitions, change.state as ChangeRequestState)) return null;
  return recorded(change, 'Waits for a worker to take it up.');
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
