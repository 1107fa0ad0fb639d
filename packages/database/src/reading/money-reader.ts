import type { MicroUsd, Usage } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { Budget } from '../generated/client.js';
import { indexBy } from './batch.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

/** What settled model calls added up to. */
export interface Spending extends Usage {
  micros: MicroUsd;
}

const summed = {
  inputTokens: true,
  outputTokens: true,
  cacheReadTokens: true,
  cacheWriteTokens: true,
  costMicros: true,
} as const;

interface Sums {
  inputTokens: number | null;
  outputTokens: number | null;
  cacheReadTokens: number | null;
  cacheWriteTokens: number | null;
  costMicros: bigint | null;
}

function spendingOf(sums: Sums): Spending {
  return {
    micros: Number(sums.costMicros ?? 0n),
    inputTokens: sums.inputTokens ?? 0,
    outputTokens: sums.outputTokens ?? 0,
    cacheReadTokens: sums.cacheReadTokens ?? 0,
    cacheWriteTokens: sums.cacheWriteTokens ?? 0,
  };
}

/** Budgets and cost of one workspace. Cost is the sum of the cost entries, so it never runs ahead of the ledger. */
export function createMoneyReader(database: Database, workspaceId: string) {
  return {
    async listBudgets(request: PageRequest): Promise<Page<Budget>> {
      const { where, orderBy, take } = newestFirst(request);
      const rows = await database.budget.findMany({ where: { workspaceId, ...where }, orderBy, take });
      return pageOf(rows, request.first);
    },

    async budgets(ids: readonly string[]): Promise<Map<string, Budget>> {
      return indexBy(await database.budget.findMany({ where: { workspaceId, id: { in: [...ids] } } }), (row) => row.id);
    },

    async budgetsOf(subjectIds: readonly string[]): Promise<Map<string, Budget>> {
      const rows = await database.budget.findMany({ where: { workspaceId, subjectId: { in: [...subjectIds] } } });
      return indexBy(rows, (row) => row.subjectId);
    },

    async spentByRuns(okrRunIds: readonly string[]): Promise<Map<string, Spending>> {
      const rows = await database.costEntry.groupBy({
        by: ['okrRunId'],
        where: { workspaceId, okrRunId: { in: [...okrRunIds] } },
        _sum: summed,
      });
      return new Map(rows.map((row) => [row.okrRunId, spendingOf(row._sum)]));
    },

    async spentByTasks(taskIds: readonly string[]): Promise<Map<string, Spending>> {
      const rows = await database.costEntry.groupBy({
        by: ['taskId'],
        where: { workspaceId, taskId: { in: [...taskIds] } },
        _sum: summed,
      });
      return new Map(rows.flatMap((row) => (row.taskId === null ? [] : [[row.taskId, spendingOf(row._sum)]])));
    },
  };
}
