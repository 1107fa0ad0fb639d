import { ApprovalKind, type ApprovalState } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { Approval } from '../generated/client.js';
import { indexBy } from './batch.js';
import { oldestFirst, type Page, pageOf, type PageRequest } from './page.js';

export interface ApprovalFilter {
  states?: readonly ApprovalState[];
  okrRunId?: string;
}

/** The inbox of one workspace. */
export function createApprovalReader(database: Database, workspaceId: string) {
  return {
    /** Oldest first: what has waited longest comes first. */
    async list(request: PageRequest, { states, okrRunId }: ApprovalFilter = {}): Promise<Page<Approval>> {
      const { where, orderBy, take } = oldestFirst(request);
      const filter = { ...(states && { state: { in: [...states] } }), ...(okrRunId && { okrRunId }) };
      const rows = await database.approval.findMany({ where: { workspaceId, ...filter, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async byId(ids: readonly string[]): Promise<Map<string, Approval>> {
      return indexBy(
        await database.approval.findMany({ where: { workspaceId, id: { in: [...ids] } } }),
        (row) => row.id,
      );
    },

    /** The newest question about each run's plan. */
    async newestPlanApprovals(okrRunIds: readonly string[]): Promise<Map<string, Approval>> {
      const rows = await database.approval.findMany({
        where: { workspaceId, okrRunId: { in: [...okrRunIds] }, kind: ApprovalKind.plan },
        orderBy: { id: 'asc' },
      });
      return indexBy(rows, (row) => row.okrRunId);
    },
  };
}
