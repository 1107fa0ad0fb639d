import type { AgentRunId, ApprovalId } from '../ids.js';

/** How a stretch of work of an agent that is not ours ended, and how long it was at work: waits for a person are not counted. */
export type SegmentEnd = SegmentOutcome & { workedMs?: number };

export type SegmentOutcome =
  /** It handed in a result, and that was accepted. */
  | { outcome: 'finished' }
  /** It asked a person something, and was told to wait for the answer. */
  | { outcome: 'question'; approvalId: ApprovalId; expiresInMs: number; detail: string }
  /** It ended its turn, and handed in nothing that was accepted. `detail` says why, as far as that is known. */
  | { outcome: 'stopped'; detail: string }
  /** It was stopped: it has taken all the steps that it may take without asking. */
  | { outcome: 'step_limit'; steps: number }
  /** It was stopped: it has worked as long as it may without asking. */
  | { outcome: 'time_limit' };

/** What the agent is told at the beginning of a stretch. */
export type SegmentReason =
  | { because: 'begin' }
  /** The run was paused, and goes on. */
  | { because: 'resumed' }
  | { because: 'answered'; approvalId: ApprovalId; timedOut: boolean }
  | { because: 'stopped'; detail: string };

export interface SegmentInput {
  agentRunId: AgentRunId;
  reason: SegmentReason;
  /** Steps of the run after which it is stopped. */
  stepLimit: number;
  /** How long it may work before it is stopped. Absent for runs that have no such limit. */
  workLeftMs?: number;
}

/** The work of agents that are programs of their own, on the queue of the host that has the worktree. */
export interface ExternalAgentActivities {
  /**
   * Starts the program, in the session that it had where it can go on with that, tells it what to do, and attends to it
   * until it stops: its calls of models and tools become steps, what it may do is decided, its questions are put into the
   * inbox. Its processes end with this. Called again after a crash, it goes on with what was done.
   */
  runSegment(input: SegmentInput): Promise<SegmentEnd>;
}
