export { type ApprovalDecision } from './approvals/approval-answer.js';
export { type ApprovalOrder, type LedgerLines, openApproval, voidApprovals } from './approvals/approval-changes.js';
export { type ApprovalRecord } from './approvals/approval-record.js';
export { type ApprovalRepository, createApprovalRepository } from './approvals/approval.repository.js';
export {
  type BudgetRecord,
  type BudgetRepository,
  createBudgetRepository,
  type LimitOrder,
  type NewBudget,
} from './budgets/budget.repository.js';
export {
  type BudgetRefusal,
  type ReservationOrder,
  type ReservationResult,
  type SettlementOrder,
} from './budgets/reservations.js';
export { createDatabase, type Database, type DatabaseOptions, type Transaction } from './client.js';
export { digestOf, keyedDigestOf, sha256 } from './digest-of.js';
export { createEventListener, type EventListener, type EventListenerOptions } from './events/event-listener.js';
export { followEvents, type FollowOptions } from './events/follow-events.js';
export {
  createGatewayCallRepository,
  type GatewayCallEnded,
  type GatewayCallRepository,
  type OpenGatewayCall,
} from './gateway/gateway-call.repository.js';
export {
  createGatewayTokenRepository,
  type GatewayTokenRepository,
  type TokenBearer,
} from './gateway/gateway-token.repository.js';
export { Prisma } from './generated/client.js';
export { inTransaction } from './in-transaction.js';
export { type Change, recordChange } from './ledger/record-change.js';
export { type AuditChainCheck, verifyAuditChain } from './ledger/verify-audit-chain.js';
export { migrate, type MigrateOptions } from './migrate.js';
export { createIdMint, newId } from './new-id.js';
export {
  createPrincipal,
  createWorkspace,
  listWorkspaces,
  type NewPrincipal,
  type PrincipalKind,
} from './principals.js';
export { type Repositories, repositoriesFor } from './repositories-for.js';
export {
  type AgentRecord,
  type AgentRepository,
  type AgentSettings,
  createAgentRepository,
} from './repositories/agent.repository.js';
export { BlobCache } from './repositories/blob-cache.js';
export { type BlobRepository, createBlobRepository, maxBlobBytes } from './repositories/blob.repository.js';
export {
  createEffectRepository,
  type EffectIntent,
  type EffectRecord,
  type EffectRepository,
} from './repositories/effect.repository.js';
export {
  createEventRepository,
  type EventFilter,
  type EventRepository,
  type EventRow,
} from './repositories/event.repository.js';
export {
  createRepositoryRepository,
  type NewRepository,
  type RepositoryRecord,
  type RepositoryRepository,
} from './repositories/git-repository.repository.js';
export { ensureKeyFile } from './secrets/key-file.js';
export { type KeyPlaces, openKeyRing, type SecretKeyRing } from './secrets/key-ring.js';
export { rotateSecrets, type SecretsRotated } from './secrets/rotate-secrets.js';
export { createSecretCipher, type SealedValue, type SecretCipher, type SecretPlace } from './secrets/secret-cipher.js';
export {
  createSealedAnswerRepository,
  type ExactAnswer,
  type SealedAnswerRepository,
} from './secrets/sealed-answer.repository.js';
export { createSecretRepository, type SecretRecord, type SecretRepository } from './secrets/secret.repository.js';
export {
  agentRunMachine,
  approvalMachine,
  changeRequestMachine,
  effectMachine,
  okrRunMachine,
  taskMachine,
} from './states/machines.js';
export { type Move, type Moved, moveState, type RowRef, type StateMachine, tryMove } from './states/move-state.js';
export {
  findCaller,
  mintApiToken,
  type MintedToken,
  revokeApiToken,
  type TokenCaller,
  type TokenOrder,
  type TokenRevocation,
} from './tokens.js';
export {
  type AgentRunAtTurn,
  type AgentRunRepository,
  createAgentRunRepository,
  endOf,
  type NewAgentRun,
  type NewSubtask,
} from './work/agent-run.repository.js';
export { type ChangeRequestRepository, createChangeRequestRepository } from './work/change-request.repository.js';
export {
  createEvidenceRepository,
  type EvidenceRepository,
  type NewGateResult,
  type NewMeasurement,
} from './work/evidence.repository.js';
export {
  createLandingQueueRepository,
  type LandingPlace,
  type LandingQueueRepository,
} from './work/landing-queue.repository.js';
export { createModelHealthRepository, type ModelHealthRepository } from './models/model-health.repository.js';
export { createHostRepository, type HostRepository } from './hosts/host.repository.js';
export { type KnownSecrets, readKnownSecrets } from './secrets/known-secrets.js';
export { installRedactor, redacted, redactedJson, redactedValue } from './storable.js';
export { endedAmong } from './work/ended-runs.js';
export { createLocator, type Located, type Locator } from './work/locate.js';
export { createOkrRunRepository, type OkrRunMove, type OkrRunRepository } from './work/okr-run.repository.js';
export {
  planExpiresInMs,
  type PlannedRun,
  planQuestion,
  type PlanQuestionParts,
  readPlan,
  writePlan,
} from './work/plan-rows.js';
export {
  createRetryWaitRepository,
  type RetryWaitOrder,
  type RetryWaitRepository,
} from './work/retry-wait.repository.js';
export { type ModelCallPlace, type StepChoice } from './work/model-call-place.js';
export {
  createStepRepository,
  type PaidStart,
  type ReportedStep,
  type StartedStep,
  type StepCost,
  type StepEnd,
  type StepOutput,
  type StepPlace,
  type SpokenStep,
  type StepRepository,
  type StepStart,
} from './work/step.repository.js';
export { createTaskRepository, type TaskRepository, waitingToBegin } from './work/task.repository.js';
export { atWork, createWaitingRepository, waitingColumn, type WaitingRepository } from './work/waiting.repository.js';
export { createPlanRepository, type DraftedPlan, type PlanRepository } from './work/plan.repository.js';
export { createSweepReader, type WorktreeOwner } from './work/sweep.reader.js';
