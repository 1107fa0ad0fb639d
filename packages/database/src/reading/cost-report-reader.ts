import type { CostReportBy, MicroUsd } from '@fermata/contracts';
import type { Database } from '../client.js';
import { Prisma } from '../generated/client.js';

/** More groups than a person reads; `complete` says whether there were more. */
const maxRows = 1_000;

export interface CostReportRequest {
  /** Inclusive. */
  from: Date;
  /** Exclusive. */
  to: Date;
  by: CostReportBy;
}

export interface CostReportRow {
  /** Of the agent, repository or objective its id; the model; the day as `2026-01-31`. */
  key: string;
  label: string;
  costMicros: MicroUsd;
  /** The part of it that was reckoned. */
  estimatedPartMicros: MicroUsd;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

export interface CostReport {
  rows: CostReportRow[];
  complete: boolean;
}

interface Dimension {
  key: Prisma.Sql;
  label: Prisma.Sql;
  join: Prisma.Sql;
  /** The dearest first, unless it is a course of time. */
  order: Prisma.Sql;
}

const dearest = Prisma.sql`"costMicros" DESC, "key"`;
const okrRun = Prisma.sql`JOIN "okr_run" ON "okr_run"."id" = "entry"."okr_run_id"`;

const dimensions: Record<CostReportBy, Dimension> = {
  agent: {
    key: Prisma.sql`"agent"."id"`,
    label: Prisma.sql`"agent"."name"`,
    join: Prisma.sql`JOIN "agent_run" ON "agent_run"."id" = "entry"."agent_run_id" JOIN "agent" ON "agent"."id" = "agent_run"."agent_id"`,
    order: dearest,
  },
  model: {
    key: Prisma.sql`"entry"."model"`,
    label: Prisma.sql`"entry"."model"`,
    join: Prisma.empty,
    order: dearest,
  },
  repository: {
    key: Prisma.sql`"repository"."id"`,
    label: Prisma.sql`"repository"."name"`,
    join: Prisma.sql`${okrRun} JOIN "repository" ON "repository"."id" = "okr_run"."repository_id"`,
    order: dearest,
  },
  objective: {
    // A run that never came to an objective stands for itself.
    key: Prisma.sql`coalesce("objective"."id", "okr_run"."id")`,
    label: Prisma.sql`coalesce("objective"."title", left("okr_run"."goal", 200))`,
    join: Prisma.sql`${okrRun} LEFT JOIN "objective" ON "objective"."id" = "okr_run"."objective_id"`,
    order: dearest,
  },
  day: {
    key: Prisma.sql`to_char("entry"."at" AT TIME ZONE "workspace"."time_zone", 'YYYY-MM-DD')`,
    label: Prisma.sql`to_char("entry"."at" AT TIME ZONE "workspace"."time_zone", 'YYYY-MM-DD')`,
    join: Prisma.sql`JOIN "workspace" ON "workspace"."id" = "entry"."workspace_id"`,
    order: Prisma.sql`"key"`,
  },
};

type Sums = { [Field in keyof CostReportRow]: CostReportRow[Field] extends number ? bigint : string };

/** What settled model calls of one workspace have cost, added up. */
export function createCostReportReader(database: Database, workspaceId: string) {
  return {
    /** One statement, along the index of cost entries by time. */
    async costReport({ from, to, by }: CostReportRequest): Promise<CostReport> {
      const { key, label, join, order } = dimensions[by];
      const rows = await database.$queryRaw<Sums[]>`
        SELECT ${key} AS "key", ${label} AS "label", sum("entry"."cost_micros")::bigint AS "costMicros",
          coalesce(sum("entry"."cost_micros") FILTER (WHERE "entry"."estimated"), 0)::bigint AS "estimatedPartMicros",
          count(*) AS "calls", sum("entry"."input_tokens") AS "inputTokens", sum("entry"."output_tokens") AS "outputTokens",
          sum("entry"."cache_read_tokens") AS "cacheReadTokens", sum("entry"."cache_write_tokens") AS "cacheWriteTokens"
        FROM "cost_entry" AS "entry" ${join}
        WHERE "entry"."workspace_id" = ${workspaceId}
          AND "entry"."at" >= ${from.toISOString()}::timestamptz AND "entry"."at" < ${to.toISOString()}::timestamptz
        GROUP BY 1, 2 ORDER BY ${order} LIMIT ${maxRows + 1}`;
      return { rows: rows.slice(0, maxRows).map(rowOf), complete: rows.length <= maxRows };
    },
  };
}

function rowOf({ key, label, ...sums }: Sums): CostReportRow {
  return {
    ...{ key, label, costMicros: Number(sums.costMicros), estimatedPartMicros: Number(sums.estimatedPartMicros) },
    ...{ calls: Number(sums.calls), inputTokens: Number(sums.inputTokens), outputTokens: Number(sums.outputTokens) },
    ...{ cacheReadTokens: Number(sums.cacheReadTokens), cacheWriteTokens: Number(sums.cacheWriteTokens) },
  };
}
