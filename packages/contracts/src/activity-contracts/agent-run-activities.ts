import type { AgentRunKind, AgentRuntime } from '../agent-runs/agent-run.js';
import type { AgentRunState } from '../agent-runs/agent-run-state.js';
import type { Failure } from '../errors.js';
import type { AgentRunId, ApprovalId } from '../ids.js';
import type { ToolClass } from '../tools/tool-class.js';

/** What the loop needs to know before its first step. */
export interface AgentRunSetup {
  kind: AgentRunKind;
  runtime: AgentRuntime;
  /** The queue of the host that has the worktree. */
  hostQueue: string;
  maxSteps: number;
  /** How long it may work, waits not counted, before a person is asked. Absent for runs of before there was such a limit. */
  maxWorkMs?: number;
  /** One past the last recorded step: 0 for a new run. */
  nextIndex: number;
  /** The run has yet to be offered the tools of its agent's MCP servers. Absent for agents that have none. */
  listsMcpTools?: true;
  /** The run had ended before: nothing is left to do. */
  ended: AgentRunEnd | null;
}

/** A tool call as the loop sees it: enough to route it and to notice repetition. Its arguments stay in the database. */
export interface PlannedCall {
  callId: string;
  name: string;
  /** Null for a tool the run does not have: it is answered with an error and not run. */
  toolClass: ToolClass | null;
  /** Digest of name and arguments: equal for identical calls. */
  fingerprint: string;
  /** Takes a moment, so that it is tried where the workflow is, without a queue. Absent in answers of before there was that. */
  quick?: true;
}

export type ModelTurn =
  | { outcome: 'answered'; calls: readonly PlannedCall[] }
  /**
   * The reservation did not fit: nothing was sent. `detail` names the budget and the amounts. With `askAgainInMs` it may
   * fit by itself, when other calls give back what they hold; without, only a raise helps.
   */
  | { outcome: 'over_budget'; budgetId: string; detail: string; askAgainInMs?: number };

export interface CallRef {
  agentRunId: AgentRunId;
  /** The index of the model step that made the call. */
  modelIndex: number;
  /** The index of this call's own step. */
  index: number;
  callId: string;
}

/** The name of the tool is for who reads the history; the call itself is in the database. */
export interface NamedCallRef extends CallRef {
  name?: string;
}

export type ToolTurn =
  /** `fingerprint`: equal for outcomes that bring the run no further: the same error, or a file in the same state again. */
  | { state: 'succeeded' | 'failed' | 'unknown'; fingerprint?: string }
  /** The policy wants a person to be asked: nothing has been done. `detail` is a sentence about what is asked. */
  | { state: 'asked'; approvalId: ApprovalId; expiresInMs: number; detail: string };

/** `declined`: nothing has been done. The call is one for the queue of the worktree's host; `lasting`: so are those after it. */
export type QuickToolTurn = ToolTurn | { state: 'declined'; lasting: boolean };

/** What became of a call that asks for a subtask. `refused`: it has been answered with the reason. */
export type SpawnedTask = { outcome: 'spawned'; childRunId: AgentRunId; title: string } | { outcome: 'refused' };

export interface AgentRunEnd {
  state: Extract<AgentRunState, 'succeeded' | 'failed' | 'cancelled' | 'timed_out'>;
  failure: Failure | null;
}

/** Steps of an agent run that any worker can take. Implemented in `activities`, proxied in `workflows`. */
export interface AgentRunActivities {
  /** Starts the run, or says where it stands when it was started before. */
  beginAgentRun(input: { agentRunId: AgentRunId }): Promise<AgentRunSetup>;

  /**
   * One model call: reserves its worst case, calls, records answer and cost, settles. An answer already recorded at
   * `index` is returned without another call.
   */
  callModel(input: { agentRunId: AgentRunId; index: number }): Promise<ModelTurn>;

  /** Puts a sentence of ours into the conversation. Recorded once for each index. */
  addNote(input: { agentRunId: AgentRunId; index: number; text: string }): Promise<void>;

  /** Answers a call with an error without running it: unknown tools, calls refused by a guard. */
  refuseCall(input: CallRef & { reason: string }): Promise<void>;

  /** Checks the arguments of `finish` by the run's kind. Refused arguments are answered with the exact problems. */
  acceptResult(input: CallRef): Promise<{ accepted: true } | { accepted: false; problems: readonly string[] }>;

  /** Puts the question of an `ask_human` call into the inbox, once. */
  askHuman(input: CallRef): Promise<{ approvalId: ApprovalId; expiresInMs: number }>;

  /** Gives the call the answer that the inbox has; silence is answered too. */
  recordHumanAnswer(input: CallRef & { approvalId: ApprovalId; timedOut: boolean }): Promise<void>;

  /**
   * Queues the run that a call of `spawn_task` asks for, once for each call, with its share of the budget; its workflow is
   * the caller's to start. Wrong arguments, and what is not allowed, are answered with the reason.
   */
  spawnTask(input: CallRef): Promise<SpawnedTask>;

  /** Gives the call what its subtask has ended with, whether well or not. */
  recordSubtask(input: CallRef & { childRunId: AgentRunId }): Promise<void>;

  /** Asks whether a run that a guard stopped may go on. */
  askToContinue(input: {
    agentRunId: AgentRunId;
    index: number;
    reason: string;
  }): Promise<{ approvalId: ApprovalId; expiresInMs: number }>;

  /** Ends the run, once, and says how it ended. Held reservations are released. */
  endAgentRun(input: { agentRunId: AgentRunId } & AgentRunEnd): Promise<AgentRunEnd>;
}

/** Steps that need the worktree, on the queue of its host. */
export interface AgentToolActivities {
  /** Starts the agent's MCP servers and remembers, once, which tools of theirs the run is offered. */
  listMcpTools(input: { agentRunId: AgentRunId }): Promise<void>;

  /**
   * Runs one tool call, if the agent's policy allows it, and keeps what it changed as a checkpoint. A call already
   * recorded is not run again; an unsafe one that was started and never recorded ends as `unknown`. One that must be asked
   * for is called again when the question is answered: the answer is on the row.
   */
  runTool(input: NamedCallRef): Promise<ToolTurn>;
}

/** Steps that are tried in the worker that has the workflow, without a queue. */
export interface QuickToolActivities {
  /** As `runTool`, for quick tools, and only where the worktree stands and nothing has to be waited for: otherwise it declines. */
  runQuickTool(input: NamedCallRef): Promise<QuickToolTurn>;
}
