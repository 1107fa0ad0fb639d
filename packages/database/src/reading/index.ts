export type {
  Agent as AgentRow,
  AgentRun as AgentRunRow,
  AgentStep as AgentStepRow,
  Approval as ApprovalRow,
  AuditEntry as AuditEntryRow,
  Budget as BudgetRow,
  ChangeRequest as ChangeRequestRow,
  Event as EventRow,
  Gate as GateRow,
  GateResult as GateResultRow,
  KeyResult as KeyResultRow,
  KeyResultMeasurement as KeyResultMeasurementRow,
  Objective as ObjectiveRow,
  OkrRun as OkrRunRow,
  Principal as PrincipalRow,
  Repository as RepositoryRow,
  Review as ReviewRow,
  Task as TaskRow,
  Workspace as WorkspaceRow,
} from '../generated/client.js';
export { type AgentRunFilter, type StepRequest } from './agent-run-reader.js';
export { type ApprovalFilter } from './approval-reader.js';
export { type BlobSummary } from './blob-reader.js';
export { type ChangeRequestFilter } from './change-request-reader.js';
export { type BudgetLimit } from './budget-limits.js';
export { checkDatabase } from './check-database.js';
export { type CostReport, type CostReportRequest, type CostReportRow } from './cost-report-reader.js';
export { type HostRow } from './host-reader.js';
export { isTokenValid } from './is-token-valid.js';
export { type EventRequest } from './log-reader.js';
export { type BudgetFilter, type Spending } from './money-reader.js';
export { type OkrRunFilter } from './okr-run-reader.js';
export { type Page, type PageRequest } from './page.js';
export { createReader, type Reader } from './reader.js';
export { type StateCount, type WaitCount, type WorkspaceStatus } from './status-reader.js';
export { type TaskFilter } from './task-reader.js';
