import type { AgentRunState } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { AgentRun, AgentStep } from '../generated/client.js';
import { groupBy, indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

export interface AgentRunFilter {
  okrRunId?: string;
  taskId?: string;
  states?: readonly AgentRunState[];
}

/** Steps after this index. */
export interface StepRequest {
  first: number;
  after: number | null;
}

/** Agent runs of one workspace and their steps. */
export function createAgentRunReader(database: Database, workspaceId: string) {
  return {
    async list(request: PageRequest, { states, ...of }: AgentRunFilter = {}): Promise<Page<AgentRun>> {
      const { where, orderBy, take } = newestFirst(request);
      const filter = { ...of, ...(states && { state: { in: [...states] } }) };
      const rows = await database.agentRun.findMany({ where: { workspaceId, ...filter, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async byId(ids: readonly string[]): Promise<Map<string, AgentRun>> {
      return indexBy(
        await database.agentRun.findMany({ where: { workspaceId, id: { in: [...ids] } } }),
        (row) => row.id,
      );
    },

    /** Without subtasks, which are parts of these; in the order they were queued. */
    async ofTasks(taskIds: readonly string[]): Promise<Map<string, AgentRun[]>> {
      const rows = await database.agentRun.findMany({
        where: { workspaceId, taskId: { in: [...taskIds] }, parentRunId: null },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.taskId);
    },

    /** Subtasks of each run, in the order they were queued. */
    async subtasksOf(agentRunIds: readonly string[]): Promise<Map<string, AgentRun[]>> {
      const rows = await database.agentRun.findMany({
        where: { workspaceId, parentRunId: { in: [...agentRunIds] } },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.parentRunId);
    },

    /** The runs that belong to no task, such as the planner's, in the order they were queued. */
    async ownOfRuns(okrRunIds: readonly string[]): Promise<Map<string, AgentRun[]>> {
      const rows = await database.agentRun.findMany({
        where: { workspaceId, okrRunId: { in: [...okrRunIds] }, taskId: null },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.okrRunId);
    },

    /** The same page of each run's steps, in two statements however many runs there are. */
    async stepsOf(
      agentRunIds: readonly string[],
      { first, after }: StepRequest,
    ): Promise<Map<string, Page<AgentStep>>> {
      const found = await database.$queryRaw<{ id: string }[]>`
        SELECT step."id" FROM unnest(${[...agentRunIds]}::text[]) AS run("id")
        CROSS JOIN LATERAL (
          SELECT "id" FROM "agent_step"
          WHERE "agent_run_id" = run."id" AND "workspace_id" = ${workspaceId} AND "index" > ${after ?? -1}
          ORDER BY "index" LIMIT ${first + 1}
        ) AS step`;
      const rows = await database.agentStep.findMany({
        where: { workspaceId, id: { in: found.map(({ id }) => id) } },
        orderBy: { index: 'asc' },
      });
      const groups = groupBy(rows, (row) => row.agentRunId);
      return new Map(agentRunIds.map((id) => [id, pageOf(groups.get(id) ?? [], first)]));
    },
  };
}
