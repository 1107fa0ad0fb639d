import type { TaskState } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { GateResult, Review, Task } from '../generated/client.js';
import { groupBy, indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

export interface TaskFilter {
  okrRunId?: string;
  states?: readonly TaskState[];
}

/** Tasks of one workspace with what they depend on, their gate results and reviews. */
export function createTaskReader(database: Database, workspaceId: string) {
  return {
    async list(request: PageRequest, { okrRunId, states }: TaskFilter = {}): Promise<Page<Task>> {
      const { where, orderBy, take } = newestFirst(request);
      const filter = { ...(states && { state: { in: [...states] } }), ...(okrRunId && { okrRunId }) };
      const rows = await database.task.findMany({ where: { workspaceId, ...filter, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async byId(ids: readonly string[]): Promise<Map<string, Task>> {
      return indexBy(await database.task.findMany({ where: { workspaceId, id: { in: [...ids] } } }), (row) => row.id);
    },

    /** In the plan's order. */
    async ofRuns(okrRunIds: readonly string[]): Promise<Map<string, Task[]>> {
      const rows = await database.task.findMany({
        where: { workspaceId, okrRunId: { in: [...okrRunIds] } },
        orderBy: { position: 'asc' },
      });
      return groupBy(rows, (row) => row.okrRunId);
    },

    /** The ids of the tasks that must be done before each. */
    async dependencyIds(taskIds: readonly string[]): Promise<Map<string, string[]>> {
      const rows = await database.taskDependency.findMany({
        where: { workspaceId, taskId: { in: [...taskIds] } },
        orderBy: { dependsOnId: 'asc' },
      });
      const groups = groupBy(rows, (row) => row.taskId);
      return new Map([...groups].map(([taskId, group]) => [taskId, group.map((row) => row.dependsOnId)]));
    },

    /** In the order they ran. */
    async gateResultsOf(taskIds: readonly string[]): Promise<Map<string, GateResult[]>> {
      const rows = await database.gateResult.findMany({
        where: { workspaceId, taskId: { in: [...taskIds] } },
        orderBy: [{ ranAt: 'asc' }, { id: 'asc' }],
      });
      return groupBy(rows, (row) => row.taskId);
    },

    /** In the order they were given. */
    async reviewsOf(taskIds: readonly string[]): Promise<Map<string, Review[]>> {
      const rows = await database.review.findMany({
        where: { workspaceId, taskId: { in: [...taskIds] } },
        orderBy: { id: 'asc' },
      });
      return groupBy(rows, (row) => row.taskId);
    },
  };
}
