import { BudgetScope, CostSource, type MicroUsd, type Usage } from '@fermata/contracts';
import type { Database } from '../client.js';
import { type Budget, Prisma } from '../generated/client.js';
import { indexBy } from './batch.js';
import { type BudgetLimit, readLimits } from './budget-limits.js';
import { newestFirst, type Page, pageOf, type PageRequest } from './page.js';

/** What settled model calls added up to. */
export interface Spending extends Usage {
  micros: MicroUsd;
  /** Some of it was reckoned, because nobody said what a call took. */
  estimated: boolean;
}

interface Sums {
  subjectId: string;
  micros: bigint;
  estimated: boolean;
  inputTokens: bigint;
  outputTokens: bigint;
  cacheReadTokens: bigint;
  cacheWriteTokens: bigint;
}

function spendingOf(sums: Sums): Spending {
  return {
    micros: Number(sums.micros),
    estimated: sums.estimated,
    inputTokens: Number(sums.inputTokens),
    outputTokens: Number(sums.outputTokens),
    cacheReadTokens: Number(sums.cacheReadTokens),
    cacheWriteTokens: Number(sums.cacheWriteTokens),
  };
}

export interface BudgetFilter {
  scope?: BudgetScope | null;
  subjectId?: string | null;
  /** True: only those with a limit, of subtasks only while they are at work: each has one, and nobody looks at it afterwards. */
  limited?: boolean | null;
}

const subjects = {
  run: Prisma.raw('"okr_run_id"'),
  task: Prisma.raw('"task_id"'),
  agentRun: Prisma.raw('"agent_run_id"'),
} as const;

/** Budgets and cost of one workspace. Cost is the sum of the cost entries, so it never runs ahead of the ledger. */
export function createMoneyReader(database: Database, workspaceId: string) {
  async function spentBy(subject: keyof typeof subjects, ids: readonly string[]): Promise<Map<string, Spending>> {
    const column = subjects[subject];
    const rows = await database.$queryRaw<Sums[]>`
      SELECT ${column} AS "subjectId", sum("cost_micros")::bigint AS "micros", bool_or("estimated") AS "estimated",
        sum("input_tokens") AS "inputTokens", sum("output_tokens") AS "outputTokens",
        sum("cache_read_tokens") AS "cacheReadTokens", sum("cache_write_tokens") AS "cacheWriteTokens"
      FROM "cost_entry" WHERE "workspace_id" = ${workspaceId} AND ${column} = ANY(${[...ids]}::text[])
      GROUP BY ${column}`;
    return new Map(rows.map((row) => [row.subjectId, spendingOf(row)]));
  }

  async function withPeriods(): Promise<string[]> {
    const select = { budgetId: true };
    const rows = await database.budgetPeriod.findMany({ where: { workspaceId }, select, distinct: ['budgetId'] });
    return rows.map(({ budgetId }) => budgetId);
  }

  return {
    async listBudgets(request: PageRequest, filter: BudgetFilter): Promise<Page<Budget>> {
      const { where, orderBy, take } = newestFirst(request);
      const { scope, subjectId, limited } = filter;
      const rows = await database.budget.findMany({
        where: {
          ...{ workspaceId, ...where, ...(scope && { scope }), ...(subjectId && { subjectId }) },
          ...(limited && {
            OR: [{ limitMicros: { not: null } }, { id: { in: await withPeriods() } }],
            NOT: { scope: BudgetScope.agentRun, subjectId: { notIn: await openSubtasks(database, workspaceId) } },
          }),
        },
        ...{ orderBy, take },
      });
      return pageOf(rows, request.first);
    },

    limitsOf: (budgetIds: readonly string[]): Promise<Map<string, BudgetLimit[]>> =>
      readLimits(database, workspaceId, budgetIds),

    /** Which workspace, agents, OKR runs, tasks and subtasks have spent some that was reckoned. */
    async spentEstimated(subjectIds: readonly string[]): Promise<Map<string, true>> {
      const rows = await database.$queryRaw<{ subjectId: string }[]>`
        SELECT DISTINCT "subject_id" AS "subjectId" FROM "cost_entry" AS "entry"
        JOIN "agent_run" AS "run" ON "run"."id" = "entry"."agent_run_id"
        CROSS JOIN LATERAL (VALUES ("entry"."workspace_id"), ("run"."agent_id"), ("entry"."okr_run_id"), ("entry"."task_id"),
          ("run"."id"), ("run"."parent_run_id")) AS "above"("subject_id")
        WHERE "entry"."workspace_id" = ${workspaceId} AND "entry"."estimated" AND "subject_id" = ANY(${[...subjectIds]}::text[])`;
      return new Map(rows.map(({ subjectId }) => [subjectId, true]));
    },

    async budgets(ids: readonly string[]): Promise<Map<string, Budget>> {
      return indexBy(await database.budget.findMany({ where: { workspaceId, id: { in: [...ids] } } }), (row) => row.id);
    },

    async budgetsOf(subjectIds: readonly string[]): Promise<Map<string, Budget>> {
      const rows = await database.budget.findMany({ where: { workspaceId, subjectId: { in: [...subjectIds] } } });
      return indexBy(rows, (row) => row.subjectId);
    },

    costSourcesOfRuns: (okrRunIds: readonly string[]): Promise<Map<string, CostSource>> =>
      costSourcesOf(database, workspaceId, okrRunIds),

    spentByRuns: (okrRunIds: readonly string[]) => spentBy('run', okrRunIds),
    spentByTasks: (taskIds: readonly string[]) => spentBy('task', taskIds),
    spentByAgentRuns: (agentRunIds: readonly string[]) => spentBy('agentRun', agentRunIds),
  };
}

async function openSubtasks(database: Database, workspaceId: string): Promise<string[]> {
  const where = { workspaceId, parentRunId: { not: null }, endedAt: null };
  return (await database.agentRun.findMany({ where, select: { id: true } })).map(({ id }) => id);
}

/** What is known of the cost of runs: of one with several agents the least. */
async function costSourcesOf(
  database: Database,
  workspaceId: string,
  okrRunIds: readonly string[],
): Promise<Map<string, CostSource>> {
  const rows = await database.agentRun.groupBy({
    by: ['okrRunId', 'costSource'],
    where: { workspaceId, okrRunId: { in: [...okrRunIds] }, NOT: { costSource: CostSource.metered } },
  });
  const reported = rows.filter(({ costSource }) => costSource === CostSource.reported);
  const unknown = rows.filter(({ costSource }) => costSource === CostSource.unknown);
  return new Map([...reported, ...unknown].map((row) => [row.okrRunId, row.costSource as CostSource]));
}
