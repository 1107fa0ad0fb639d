import type { ApprovalState } from '../approvals/approval-state.js';
import type { AgentRunId, ApprovalId, ChangeRequestId, OkrRunId, TaskId } from '../ids.js';
import type { WaitKind } from '../waiting.js';

export type WaitSubject =
  | { type: 'okr_run'; id: OkrRunId }
  | { type: 'task'; id: TaskId }
  | { type: 'agent_run'; id: AgentRunId }
  | { type: 'change_request'; id: ChangeRequestId };

/** What a workflow says it waits for; `since` is set when it is recorded and kept while kind and subject stay. */
export interface Waiting {
  kind: WaitKind;
  detail: string;
  releasableBy: readonly string[];
  subjectId?: string;
  /** ISO time: when it is tried again by itself, where that is known. */
  until?: string;
}

export interface WaitingSaid {
  /** The item has ended: nothing was said. */
  over: boolean;
}

export interface ApprovalOutcome {
  approvalId: ApprovalId;
  state: Exclude<ApprovalState, 'pending'>;
  reason: string | null;
  answer: string | null;
}

/** Small, quick, idempotent writes: they may run as local activities. */
export interface RecordActivities {
  /** Law 6: says what an item waits for. Ignored for an item that has ended: then it is `over`. */
  recordWaiting(input: { subject: WaitSubject; waiting: Waiting }): Promise<WaitingSaid>;

  /** The decision as the database has it. Expires the question first when nobody answered in time. */
  settleApproval(input: { approvalId: ApprovalId; timedOut: boolean }): Promise<ApprovalOutcome>;

  /** What people have ordered: read after each nudge and before each new piece of work. */
  readOrders(input: { okrRunId: OkrRunId; taskId?: TaskId }): Promise<Orders>;
}

export interface Orders {
  paused: boolean;
  cancelled: boolean;
}
