import type { ChangeRequestState } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { ChangeRequest } from '../generated/client.js';
import { groupBy, indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

export interface ChangeRequestFilter {
  okrRunId?: string;
  states?: readonly ChangeRequestState[];
}

/** Change requests of one workspace. */
export function createChangeRequestReader(database: Database, workspaceId: string) {
  return {
    async list(request: PageRequest, { okrRunId, states }: ChangeRequestFilter = {}): Promise<Page<ChangeRequest>> {
      const { where, orderBy, take } = newestFirst(request);
      const filter = { ...(states && { state: { in: [...states] } }), ...(okrRunId && { okrRunId }) };
      const rows = await database.changeRequest.findMany({
        where: { workspaceId, ...filter, ...where },
        orderBy,
        take,
      });
      return pageOf(rows, request.first);
    },

    async byId(ids: readonly string[]): Promise<Map<string, ChangeRequest>> {
      const rows = await database.changeRequest.findMany({ where: { workspaceId, id: { in: [...ids] } } });
      return indexBy(rows, (row) => row.id);
    },

    /** One for each attempt, in their order. */
    async ofTasks(taskIds: readonly string[]): Promise<Map<string, ChangeRequest[]>> {
      const rows = await database.changeRequest.findMany({
        where: { workspaceId, taskId: { in: [...taskIds] } },
        orderBy: { attempt: 'asc' },
      });
      return groupBy(rows, (row) => row.taskId);
    },

    async ofRuns(okrRunIds: readonly string[]): Promise<Map<string, ChangeRequest[]>> {
      const rows = await database.changeRequest.findMany({
        where: { workspaceId, okrRunId: { in: [...okrRunIds] } },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.okrRunId);
    },
  };
}
