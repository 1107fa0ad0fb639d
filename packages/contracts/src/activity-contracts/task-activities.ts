import type { Failure } from '../errors.js';
import type { GateOutcome } from '../gates/gate.js';
import type { AgentRunId, ApprovalId, ChangeRequestId, OkrRunId, RepositoryId, TaskId, WorkspaceId } from '../ids.js';
import type { TaskState } from '../tasks/task-state.js';

export interface TaskRef {
  taskId: TaskId;
  /** 1 for the first; each reopening adds one. */
  attempt: number;
}

export interface TaskBrief {
  workspaceId: WorkspaceId;
  okrRunId: OkrRunId;
  repositoryId: RepositoryId;
  /** The queue of the host that has, or will have, the worktree. */
  hostQueue: string;
  gates: readonly string[];
  maxRepairRounds: number;
  maxReviewRounds: number;
}

export type GatePhase = 'work' | 'landing';

/** Why an agent is asked to mend its work. The texts themselves (output, findings, files) are read from the database. */
export type RepairReason = 'gate' | 'review' | 'conflict';

export interface AgentRunOrder extends TaskRef {
  kind: 'work' | 'repair' | 'review';
  /** Counts the runs of one kind within the attempt, from 0: asking for the same one twice gives the first. */
  round: number;
  reason?: RepairReason;
  /** The conversation it goes on with. */
  continues?: AgentRunId;
  /** With `conflict`: the files that carry conflict markers. */
  conflictingFiles?: readonly string[];
}

export interface ReviewOutcome {
  verdict: 'approve' | 'request_changes';
  findings: number;
}

/** What became of a task. */
export interface TaskOutcome {
  state: Extract<TaskState, 'done' | 'partial_done' | 'failed' | 'cancelled'>;
  failure: Failure | null;
}

/** Steps of a task that any worker can take. */
export interface TaskActivities {
  /** Moves the task to `doing` and settles which host works on it. */
  beginTask(input: TaskRef): Promise<TaskBrief>;

  /** Writes the brief of an agent run and queues it, once for each kind and round. */
  queueAgentRun(input: AgentRunOrder): Promise<{ agentRunId: AgentRunId }>;

  moveTask(input: TaskRef & { to: TaskState }): Promise<void>;

  /** Takes the verdict of a review run. A run that gave none has not approved. */
  recordReview(input: TaskRef & { round: number; agentRunId: AgentRunId }): Promise<ReviewOutcome>;

  /** Asks a person to decide about work that repair or review could not bring to an end. */
  askAboutTask(
    input: TaskRef & { reason: 'gates' | 'review' | 'conflict' | 'checkout_dirty'; round: number; detail: string },
  ): Promise<{ approvalId: ApprovalId; expiresInMs: number }>;

  /** Ends the attempt, once. One that failed or was cancelled and has changes is partly done, whoever says how it ended. */
  settleTask(input: TaskRef & TaskOutcome): Promise<TaskOutcome>;

  /** Makes the change request's row; its id is the id of its workflow. */
  prepareChangeRequest(input: TaskRef): Promise<{ changeRequestId: ChangeRequestId }>;
}

/** Steps that need the worktree, on the queue of its host. */
export interface WorktreeActivities {
  /** A worktree on the task's branch, made or found again, with the repository's set-up commands run. */
  prepareWorktree(input: TaskRef): Promise<{ baseCommit: string }>;

  /** Runs one gate on the task's worktree, or with `landing` on the commit about to land. A result already recorded is returned. */
  runGate(input: TaskRef & { phase: GatePhase; round: number; gate: string }): Promise<GateOutcome>;

  /** What the task has changed so far, from git. */
  inspectChange(input: TaskRef): Promise<{ empty: boolean; headCommit: string }>;

  /** Brings the target's newer commits into the task's branch; conflicts stay in the files for an agent. */
  mergeTarget(input: TaskRef & { targetCommit: string }): Promise<{ conflictingFiles: readonly string[] }>;

  /** Law 4: everything committed and reachable from a kept ref, then the worktree goes. Says whether there were changes. */
  releaseWorktree(input: TaskRef): Promise<{ changed: boolean }>;
}
