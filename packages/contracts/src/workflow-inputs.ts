import type { AgentRunId, ChangeRequestId, OkrRunId, TaskId, WorkspaceId } from './ids.js';

/** The queue every worker serves. Worktrees have the queue of their host: see `hostQueue`. */
export const mainQueue = 'fermata';

export function hostQueue(hostId: string): string {
  return `host:${hostId}`;
}

export interface OkrRunInput {
  okrRunId: OkrRunId;
  workspaceId: WorkspaceId;
}

export interface TaskRunInput {
  taskId: TaskId;
  attempt: number;
  okrRunId: OkrRunId;
  workspaceId: WorkspaceId;
  /** For who looks at the history. */
  title?: string;
}

export interface AgentRunInput {
  agentRunId: AgentRunId;
  okrRunId: OkrRunId;
  workspaceId: WorkspaceId;
  taskId?: TaskId;
}

export interface ChangeRequestInput {
  changeRequestId: ChangeRequestId;
  taskId: TaskId;
  attempt: number;
  okrRunId: OkrRunId;
  workspaceId: WorkspaceId;
  hostQueue: string;
  gates: readonly string[];
  /** Landing tries made before, so that gate results of each keep their own round. */
  firstRound: number;
}
