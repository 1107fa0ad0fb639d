import type { OkrRunState } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { KeyResult, KeyResultMeasurement, Objective, OkrRun } from '../generated/client.js';
import { groupBy, indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

export interface OkrRunFilter {
  states?: readonly OkrRunState[];
  repositoryId?: string;
}

/** OKR runs of one workspace with their objectives, key results and measurements. */
export function createOkrRunReader(database: Database, workspaceId: string) {
  return {
    async list(request: PageRequest, { states, repositoryId }: OkrRunFilter = {}): Promise<Page<OkrRun>> {
      const { where, orderBy, take } = newestFirst(request);
      const filter = { ...(states && { state: { in: [...states] } }), ...(repositoryId && { repositoryId }) };
      const rows = await database.okrRun.findMany({ where: { workspaceId, ...filter, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async byId(ids: readonly string[]): Promise<Map<string, OkrRun>> {
      return indexBy(await database.okrRun.findMany({ where: { workspaceId, id: { in: [...ids] } } }), (row) => row.id);
    },

    async objectives(ids: readonly string[]): Promise<Map<string, Objective>> {
      const rows = await database.objective.findMany({ where: { workspaceId, id: { in: [...ids] } } });
      return indexBy(rows, (row) => row.id);
    },

    async keyResultsOf(okrRunIds: readonly string[]): Promise<Map<string, KeyResult[]>> {
      const rows = await database.keyResult.findMany({
        where: { workspaceId, okrRunId: { in: [...okrRunIds] } },
        orderBy: { position: 'asc' },
      });
      return groupBy(rows, (row) => row.okrRunId);
    },

    /** Baseline before final. */
    async measurementsOf(keyResultIds: readonly string[]): Promise<Map<string, KeyResultMeasurement[]>> {
      const rows = await database.keyResultMeasurement.findMany({
        where: { workspaceId, keyResultId: { in: [...keyResultIds] } },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.keyResultId);
    },
  };
}
