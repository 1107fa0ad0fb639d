export {
  AgentRunKind,
  defaultMaxWorkMs,
  AgentRuntime,
  type FindingSeverity,
  type ReviewFinding,
  type ReviewResult,
  type StepKind,
  type SubtaskResult,
  type UncheckedResult,
  type WorkResult,
} from './agent-runs/agent-run.js';
export { AgentRunState, agentRunTransitions, StepState, stepTransitions } from './agent-runs/agent-run-state.js';
export { presetFacts, type PresetFacts, type PresetLogin, triedPresets } from './agent-runs/agent-presets.js';
export { type AgentLaunch, AgentLogin, AgentPreset, CostSource, usesOwnLogin } from './agent-runs/agent-launch.js';
export {
  maxMcpServers,
  type McpHttpServer,
  type McpOffer,
  type McpServer,
  type McpServerFailure,
  type McpStdioServer,
  type McpTool,
  mcpToolPrefix,
  McpTransport,
} from './agent-runs/mcp-server.js';
export { assertRunnable, runnableRuntimes } from './agent-runs/runnable-runtime.js';
export {
  maxSubtaskDepth,
  maxSubtasksOfRun,
  spawnTaskTool,
  subtaskBudgetPercent,
  subtaskLimit,
  type SubtaskOrder,
  type SubtaskPlace,
  subtasksFrom,
} from './agent-runs/subtask.js';
export { ApprovalState, approvalTransitions } from './approvals/approval-state.js';
export { assertNever } from './assert-never.js';
export { assertBudgetLimit, maxBudgetLimit } from './budgets/budget-limit.js';
export { budgetName } from './budgets/budget-name.js';
export { BudgetPeriod } from './budgets/budget-period.js';
export { BudgetScope, budgetSubjectIds, type BudgetSubjects } from './budgets/budget-scope.js';
export { CostReportBy, maxReportDays } from './budgets/cost-report.js';
export { budgetWaiting, type FullBudget, overBudget, type OverBudget } from './budgets/over-budget.js';
export { ReservationState, reservationTransitions } from './budgets/reservation-state.js';
export { ChangeRequestState, changeRequestTransitions } from './change-requests/change-request-state.js';
export { EffectState, effectTransitions } from './effects/effect-state.js';
export {
  DomainError,
  type DomainErrorOptions,
  type ErrorCode,
  type ErrorTraits,
  errorTraits,
  type Failure,
  isDomainError,
  isErrorCode,
  nullWhenUnknown,
  toFailure,
} from './errors.js';
export { type GateDefinition, type GateOutcome, type GateSource, GateState } from './gates/gate.js';
export { type HostStanding, isAlive, signOfLifeEveryMs, silentAfterMs } from './hosts.js';
export {
  type AgentId,
  type AgentRunId,
  type ApprovalId,
  type ChangeRequestId,
  IdPrefix,
  idPrefix,
  type KeyResultId,
  type ObjectiveId,
  type OkrRunId,
  type PrincipalId,
  type RepositoryId,
  type StepId,
  type TaskId,
  type WorkspaceId,
} from './ids.js';
export { canonicalJson, type Json, type JsonObject } from './json.js';
export {
  type MeasurementPhase,
  type Measure,
  meetsTarget,
  type TargetDirection,
  type ValueReader,
} from './measuring/measure.js';
export {
  type AssistantBlock,
  type Message,
  type ModelAnswer,
  ModelProtocol,
  type ModelRequest,
  type ModelTraits,
  noUsage,
  ProviderProtocol,
  type StopReason,
  type TextBlock,
  type ThinkingBlock,
  type ToolCallBlock,
  type ToolResultBlock,
  type ToolSchema,
  type Usage,
  type UserBlock,
} from './models/conversation.js';
export {
  type CircuitLimits,
  CircuitState,
  defaultCircuitLimits,
  type ModelFailure,
  type ModelUnavailable,
  type UpstreamRef,
} from './models/circuit.js';
export { chooseModel, type ModelFacts, ownModel } from './models/choose-model.js';
export {
  type CallPolicy,
  callPolicyOf,
  Complexity,
  complexityOf,
  type ModelChoice,
  ModelChoiceRule,
  type ModelPolicy,
  modelsIn,
} from './models/model-policy.js';
export { Reasoning } from './models/reasoning.js';
export { costOf, type ModelPrice } from './models/price.js';
export { formatUsd, type MicroUsd, microsPerUsd, parseUsd } from './money.js';
export { type OkrRunStart, okrRunStart } from './okr-runs/okr-run-start.js';
export { OkrRunState, okrRunTransitions } from './okr-runs/okr-run-state.js';
export { isPlainObject } from './plain-object.js';
export { checkTaskGraph, type GraphNode } from './planning/check-task-graph.js';
export { type Plan, planLimits, type PlannedKeyResult, type PlannedTask } from './planning/plan.js';
export { type CommandPattern, parseCommandPattern, type PatternWord } from './policy/command-pattern.js';
export { type DangerId, dangers, isDangerId } from './policy/danger.js';
export type { Operation, OperationPlace } from './policy/operation.js';
export { type JudgedCommand, type PolicyDecision, withoutPerson } from './policy/policy-decision.js';
export { compareStrictness, PolicyEffect } from './policy/policy-effect.js';
export { type AgentPolicy, defaultPolicy, PolicyMode, type PolicyRule } from './policy/policy.js';
export { inspectionLimitMs } from './repositories/inspection-limit.js';
export { carriesLogin, loginRefused } from './repositories/repository-location.js';
export { bubblewrapIsolation, objectionToBubblewrap } from './sandbox/bubblewrap.js';
export { Containment, SandboxMode, SandboxPurpose } from './sandbox/containment.js';
export type {
  ControlGroupBase,
  GroupController,
  SandboxBind,
  SandboxLimits,
  SandboxNetwork,
  SandboxProfile,
  SandboxRelay,
} from './sandbox/sandbox-profile.js';
export { summaryOf } from './summary-of.js';
export { canMove, isFinal, type StateTable, statesBefore } from './state-table.js';
export { settledTaskStates, TaskState, taskTransitions } from './tasks/task-state.js';
export { ToolClass } from './tools/tool-class.js';
export { type WaitingOn, WaitKind } from './waiting.js';
export { summariseWaiting } from './waiting-summary.js';
export type {
  ExternalAgentActivities,
  SegmentEnd,
  SegmentInput,
  SegmentReason,
} from './activity-contracts/external-agent-activities.js';
export type { PolicyActivities, PolicyTestRequest } from './activity-contracts/policy-activities.js';
export type {
  AgentRunActivities,
  AgentRunEnd,
  AgentRunSetup,
  AgentToolActivities,
  QuickToolActivities,
  QuickToolTurn,
  CallRef,
  ModelTurn,
  NamedCallRef,
  PlannedCall,
  SpawnedTask,
  ToolTurn,
} from './activity-contracts/agent-run-activities.js';
export type {
  ChangeRequestActivities,
  ChangeRequestOutcome,
  ChangeRequestRecordActivities,
  CompletedLanding,
  LandingQueueActivities,
  LandingTurn,
  PreparedLanding,
} from './activity-contracts/change-request-activities.js';
export type {
  MeasurementTurn,
  MeasuringActivities,
  OkrRunActivities,
  OkrRunBrief,
  OkrRunMoved,
  PlanDecision,
  PlannedWork,
  PlanQuestion,
  QueuedPlanning,
} from './activity-contracts/okr-run-activities.js';
export type {
  ApprovalOutcome,
  Orders,
  RecordActivities,
  Waiting,
  WaitingSaid,
  WaitSubject,
} from './activity-contracts/record-activities.js';
export type { SweepActivities, SweepReport } from './activity-contracts/sweep-activities.js';
export type {
  AgentRunOrder,
  GatePhase,
  RepairReason,
  ReviewOutcome,
  TaskActivities,
  TaskBrief,
  TaskOutcome,
  TaskRef,
  WorktreeActivities,
} from './activity-contracts/task-activities.js';
export { answeredKinds, ApprovalKind, type ApprovalRequest } from './approvals/approval.js';
export { EventType, type NewAuditEntry, type NewEvent } from './events/event.js';
export { type OkrRunReport } from './okr-runs/report.js';
export { shellWord } from './shell-word.js';
export { type Role, roleIncludes, roles } from './principals.js';
export {
  type AgentRunInput,
  type ChangeRequestInput,
  hostQueue,
  mainQueue,
  type OkrRunInput,
  type TaskRunInput,
} from './workflow-inputs.js';
export type { RepositoryActivities, RepositoryRequest } from './activity-contracts/repository-activities.js';
