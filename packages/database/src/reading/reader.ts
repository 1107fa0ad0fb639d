import type { Database } from '../client.js';
import { createAgentRunReader } from './agent-run-reader.js';
import { createApprovalReader } from './approval-reader.js';
import { createBlobReader } from './blob-reader.js';
import { createCatalogReader } from './catalog-reader.js';
import { createChangeRequestReader } from './change-request-reader.js';
import { createCostReportReader } from './cost-report-reader.js';
import { createHostReader } from './host-reader.js';
import { createLogReader } from './log-reader.js';
import { createModelHealthReader } from './model-health-reader.js';
import { createMoneyReader } from './money-reader.js';
import { createOkrRunReader } from './okr-run-reader.js';
import { createStatusReader } from './status-reader.js';
import { createTaskReader } from './task-reader.js';

export type Reader = ReturnType<typeof createReader>;

/**
 * Everything people read of one workspace. Rows of another workspace are not there: a look-up by a foreign id finds
 * nothing, as one by an unknown id does. Look-ups take many keys at once, so that a caller can batch them.
 */
export function createReader(database: Database, workspaceId: string) {
  return {
    okrRuns: createOkrRunReader(database, workspaceId),
    tasks: createTaskReader(database, workspaceId),
    agentRuns: createAgentRunReader(database, workspaceId),
    approvals: createApprovalReader(database, workspaceId),
    changeRequests: createChangeRequestReader(database, workspaceId),
    catalog: createCatalogReader(database, workspaceId),
    money: createMoneyReader(database, workspaceId),
    costs: createCostReportReader(database, workspaceId),
    blobs: createBlobReader(database, workspaceId),
    hosts: createHostReader(database),
    modelHealth: createModelHealthReader(database),
    log: createLogReader(database, workspaceId),
    status: createStatusReader(database, workspaceId),
  };
}
