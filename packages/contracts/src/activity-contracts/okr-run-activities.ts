import type { Failure } from '../errors.js';
import type { AgentRunId, ApprovalId, KeyResultId, OkrRunId, RepositoryId, TaskId, WorkspaceId } from '../ids.js';
import type { Measure, MeasurementPhase } from '../measuring/measure.js';
import type { OkrRunState } from '../okr-runs/okr-run-state.js';
import type { TaskState } from '../tasks/task-state.js';

export interface OkrRunBrief {
  workspaceId: WorkspaceId;
  repositoryId: RepositoryId;
  /** Tasks of this run that may be worked on at once: the one place of admission. */
  maxParallelTasks: number;
  state: OkrRunState;
  /** The run had ended before: nothing is left to do. */
  ended: boolean;
}

/** `host` is where the worktree was made: what needs it runs on this queue. */
export interface QueuedPlanning {
  agentRunId: AgentRunId;
}

/** The plan that awaits approval. A new revision asks anew. */
export interface PlanQuestion {
  approvalId: ApprovalId;
  expiresInMs: number;
}

export type PlanDecision =
  | { outcome: 'approved' }
  | { outcome: 'denied'; reason: string | null }
  | { outcome: 'expired' }
  /** The plan was edited: the earlier question is void and this one stands. */
  | { outcome: 'asked_again'; question: PlanQuestion };

export interface PlannedTaskRef {
  taskId: TaskId;
  attempt: number;
  dependsOn: readonly TaskId[];
  state: TaskState;
  /** For who looks at the history; histories from before it was there have none. */
  title?: string;
}

export interface PlannedWork {
  tasks: readonly PlannedTaskRef[];
  keyResults: readonly { keyResultId: KeyResultId; kind: Measure['kind'] }[];
}

export type MeasurementTurn =
  | { outcome: 'measured' }
  /** The failure is recorded as the measurement's evidence. */
  | { outcome: 'failed'; failure: Failure }
  /** A person has to say: the question is in the inbox. */
  | { outcome: 'asked'; approvalId: ApprovalId; expiresInMs: number };

/** False when the run has to do something else first. */
export interface OkrRunMoved {
  moved: boolean;
}

/** Steps of an OKR run that any worker can take. */
export interface OkrRunActivities {
  loadOkrRun(input: { okrRunId: OkrRunId }): Promise<OkrRunBrief>;

  /** Makes the planner's agent run and the clean worktree it reads. The host's queue is kept on the run's row. */
  queuePlanning(input: { okrRunId: OkrRunId }): Promise<QueuedPlanning>;

  /** Turns the planner's result into objective, key results and tasks, and asks for approval. Once for each run. */
  adoptPlan(input: { okrRunId: OkrRunId; agentRunId: AgentRunId }): Promise<PlanQuestion>;

  /** The answer to the plan's present question. Expires it first when nobody answered in time. */
  settlePlanApproval(input: { okrRunId: OkrRunId; approvalId: ApprovalId; timedOut: boolean }): Promise<PlanDecision>;

  listPlannedWork(input: { okrRunId: OkrRunId }): Promise<PlannedWork>;

  /**
   * Moves the run unless it is there already. A paused run keeps `to` as the state to come back to. Not on to measuring
   * while a task waits to be begun: somebody has reopened it.
   */
  moveOkrRun(input: { okrRunId: OkrRunId; to: OkrRunState; failure?: Failure }): Promise<OkrRunMoved>;

  /** A task that will not run because something it depends on was not done. One that may still run is left alone. */
  skipTask(input: { taskId: TaskId; because: readonly TaskId[] }): Promise<void>;

  /** A measurement that did not come about: the answer was refused, or nobody gave one. */
  recordMeasurementAnswer(input: {
    keyResultId: KeyResultId;
    phase: MeasurementPhase;
    approvalId: ApprovalId;
    timedOut: boolean;
  }): Promise<MeasurementTurn>;

  /** Writes the report from what the database and git say, and ends the run `completed` or `failed`. */
  concludeOkrRun(input: { okrRunId: OkrRunId }): Promise<{ state: OkrRunState }>;

  /** Ends every task that has not begun, and the run, as cancelled. */
  concludeCancelled(input: { okrRunId: OkrRunId }): Promise<void>;
}

/** Measuring runs the repository's code, in a clean worktree of the default branch. */
export interface MeasuringActivities {
  measureKeyResult(input: {
    okrRunId: OkrRunId;
    keyResultId: KeyResultId;
    phase: MeasurementPhase;
  }): Promise<MeasurementTurn>;
}
