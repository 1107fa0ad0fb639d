export { createDatabase, type Database, type DatabaseOptions, type Transaction } from './client.js';
export { digestOf, sha256 } from './digest-of.js';
export { Prisma } from './generated/client.js';
export { inTransaction } from './in-transaction.js';
export { type Change, recordChange } from './ledger/record-change.js';
export { type AuditChainCheck, verifyAuditChain } from './ledger/verify-audit-chain.js';
export { migrate, type MigrateOptions } from './migrate.js';
export { newId } from './new-id.js';
export { createPrincipal, createWorkspace, type NewPrincipal, type PrincipalKind } from './principals.js';
export {
  findCaller,
  mintApiToken,
  type MintedToken,
  revokeApiToken,
  type TokenCaller,
  type TokenOrder,
  type TokenRevocation,
} from './tokens.js';
export { moveState, type StateMove } from './move-state.js';
export {
  type AgentRunRepository,
  createAgentRunRepository,
  endOf,
  type NewAgentRun,
} from './work/agent-run.repository.js';
export { type ChangeRequestRepository, createChangeRequestRepository } from './work/change-request.repository.js';
export {
  createEvidenceRepository,
  type EvidenceRepository,
  type NewGateResult,
  type NewMeasurement,
} from './work/evidence.repository.js';
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
  createStepRepository,
  type StepCost,
  type StepEnd,
  type StepPlace,
  type StepRepository,
  type StepStart,
} from './work/step.repository.js';
export { createTaskRepository, type TaskRepository, waitingToBegin } from './work/task.repository.js';
export { atWork, createWaitingRepository, waitingColumn, type WaitingRepository } from './work/waiting.repository.js';
