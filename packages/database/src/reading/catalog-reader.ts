import type { Database } from '../client.js';
import type { Agent, Gate, Principal, Repository, Workspace } from '../generated/client.js';
import { groupBy, indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

/** What a workspace works with: repositories with their gates, agents, and who belongs to it. */
export function createCatalogReader(database: Database, workspaceId: string) {
  return {
    workspace(): Promise<Workspace | null> {
      return database.workspace.findUnique({ where: { id: workspaceId } });
    },

    async principals(ids: readonly string[]): Promise<Map<string, Principal>> {
      const rows = await database.principal.findMany({ where: { workspaceId, id: { in: [...ids] } } });
      return indexBy(rows, (row) => row.id);
    },

    async listRepositories(request: PageRequest): Promise<Page<Repository>> {
      const { where, orderBy, take } = newestFirst(request);
      const rows = await database.repository.findMany({ where: { workspaceId, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async repositories(ids: readonly string[]): Promise<Map<string, Repository>> {
      const rows = await database.repository.findMany({ where: { workspaceId, id: { in: [...ids] } } });
      return indexBy(rows, (row) => row.id);
    },

    /** In the order they run. */
    async gatesOf(repositoryIds: readonly string[]): Promise<Map<string, Gate[]>> {
      const rows = await database.gate.findMany({
        where: { workspaceId, repositoryId: { in: [...repositoryIds] } },
        orderBy: { position: 'asc' },
      });
      return groupBy(rows, (row) => row.repositoryId);
    },

    async listAgents(request: PageRequest): Promise<Page<Agent>> {
      const { where, orderBy, take } = newestFirst(request);
      const rows = await database.agent.findMany({ where: { workspaceId, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async agents(ids: readonly string[]): Promise<Map<string, Agent>> {
      return indexBy(await database.agent.findMany({ where: { workspaceId, id: { in: [...ids] } } }), (row) => row.id);
    },
  };
}
