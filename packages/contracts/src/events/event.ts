import type { JsonObject } from '../json.js';

/** What subscribers are told. `<thing>.<past participle>`; names are stable. */
export const EventType = {
  okrRunSubmitted: 'okr_run.submitted',
  okrRunStateChanged: 'okr_run.state_changed',
  planDrafted: 'plan.drafted',
  planEdited: 'plan.edited',
  taskStateChanged: 'task.state_changed',
  agentRunStateChanged: 'agent_run.state_changed',
  mcpServerFailed: 'mcp_server.failed',
  stepStarted: 'step.started',
  stepEnded: 'step.ended',
  gateRan: 'gate.ran',
  reviewGiven: 'review.given',
  approvalRequested: 'approval.requested',
  approvalDecided: 'approval.decided',
  changeRequestStateChanged: 'change_request.state_changed',
  keyResultMeasured: 'key_result.measured',
  budgetChanged: 'budget.changed',
  budgetThresholdReached: 'budget.threshold_reached',
  repositoryAdded: 'repository.added',
  agentSaved: 'agent.saved',
  secretSaved: 'secret.saved',
  secretRemoved: 'secret.removed',
  modelChosen: 'model.chosen',
  modelCircuitOpened: 'model.circuit_opened',
  modelCircuitClosed: 'model.circuit_closed',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

/** One thing that happened, before it has its place in the log. */
export interface NewEvent {
  type: EventType;
  subjectId: string;
  okrRunId?: string;
  taskId?: string;
  agentRunId?: string;
  data: JsonObject;
}

/** Who did what, for auditors. */
export interface NewAuditEntry {
  /** A principal's id, or `fermata` for what a workflow did by itself. */
  actor: string;
  action: string;
  subjectId: string;
  detail: JsonObject;
}
