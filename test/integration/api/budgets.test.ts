import { budgetSubjectIds } from '@fermata/contracts';
import { createStepRepository } from '@fermata/database';
import { setBudget, setTimeZone } from '@fermata/database/orders';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';
import { until } from '../../support/until.js';

const held = useDatabase();
let api: RunningApi;
let made: MadeOkrRun;
let token: string;

beforeAll(async () => void (api = await startApi({ databaseUrl: held.url })));
afterAll(() => api.stop());
beforeEach(async () => {
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'viewer');
  await setBudget(held.database, made, {
    ...{ scope: 'okr_run', subjectId: made.okrRunId, period: 'total', limitMicros: 1_000_000 },
  });
});

let index = 0;

/** A call that ended at a time. */
async function spend(
  costMicros: number,
  call: { model?: string; at?: string; estimated?: boolean } = {},
): Promise<void> {
  const { model = 'scripted', at, estimated = false } = call;
  const steps = createStepRepository(held.database, made.workspaceId);
  const step = { ...made, index: index++, kind: 'model', name: model } as const;
  const key = `${made.agentRunId}:${step.index}`;
  const begun = await steps.startPaid(step, { subjectIds: budgetSubjectIds(made), key, micros: costMicros });
  if (!begun.held) throw new Error('no room');
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1, estimated };
  await steps.end(
    { ...step, id: begun.id },
    { state: 'succeeded', cost: { model, usage, costMicros, reservationKey: key } },
  );
  if (at) await held.database.costEntry.updateMany({ where: { stepId: begun.id }, data: { at: new Date(at) } });
}

describe('budgets', () => {
  const query = `query ($filter: BudgetFilterInput) {
    budgets(first: 20, filter: $filter) { nodes { scope subjectId spentEstimated
      limits { period limitMicros spentMicros heldMicros remainingMicros periodStart periodEnd } } }
  }`;
  interface Listed {
    scope: string;
    limits: { period: string; periodStart: string | null; periodEnd: string | null }[];
  }
  const list = async (filter: Record<string, unknown> | null = null) =>
    pick<Listed[]>(await ask(api, query, { token, variables: { filter } }), 'budgets.nodes');

  it('lists the whole tree, with every limit and the time it is for', async () => {
    await setTimeZone(held.database, made, 'Asia/Tokyo');
    await setBudget(held.database, made, {
      ...{ scope: 'agent', subjectId: made.agentId },
      period: 'day',
      limitMicros: 500,
    });
    await spend(120, { estimated: true });
    const all = await list();
    expect(all.map(({ scope }) => scope).sort()).toEqual(['agent', 'okr_run', 'task', 'workspace']);
    expect(all.find(({ scope }) => scope === 'agent')).toMatchObject({
      ...{ subjectId: made.agentId, spentEstimated: true },
      limits: [
        {
          period: 'total',
          limitMicros: null,
          spentMicros: 120,
          remainingMicros: null,
          periodStart: null,
          periodEnd: null,
        },
        { period: 'day', limitMicros: 500, spentMicros: 120, heldMicros: 0, remainingMicros: 380 },
      ],
    });
    const day = all.find(({ scope }) => scope === 'agent')?.limits[1];
    expect(day?.periodStart).toMatch(/T15:00:00.000Z$/);
    expect(Date.parse(day!.periodStart!)).toBeLessThanOrEqual(Date.now());
    expect(Date.parse(day!.periodEnd!)).toBeGreaterThan(Date.now());
  });

  it('finds those of a scope, of a subject, and those that have a limit', async () => {
    await spend(10);
    await setBudget(held.database, made, {
      ...{ scope: 'task', subjectId: made.taskId },
      period: 'week',
      limitMicros: 500,
    });
    expect((await list({ limited: true })).map(({ scope }) => scope).sort()).toEqual(['okr_run', 'task']);
    expect((await list({ scope: 'workspace' })).map(({ scope }) => scope)).toEqual(['workspace']);
    expect((await list({ subjectId: made.agentId })).map(({ scope }) => scope)).toEqual(['agent']);
    expect(await list({ subjectId: (await makeOkrRun(held.database)).okrRunId })).toEqual([]);
  });
});

describe('costReport', () => {
  const query = `query ($from: DateTime!, $to: DateTime!, $by: CostReportBy!) {
    costReport(from: $from, to: $to, by: $by) { complete rows { key label costMicros estimatedPartMicros calls inputTokens outputTokens } }
  }`;
  const year = { from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' };
  const report = (by: string, range: { from: string; to: string } = year) =>
    ask(api, query, { token, variables: { ...range, by } });
  const rowsBy = async (by: string, range?: { from: string; to: string }) =>
    pick<Record<string, unknown>[]>(await report(by, range), 'costReport.rows');

  beforeEach(async () => {
    await spend(100, { at: '2026-05-01T21:59:00Z' });
    await spend(50, { at: '2026-05-01T22:01:00Z', model: 'other', estimated: true });
    await spend(7, { at: '2026-05-02T12:00:00Z' });
    const someoneElses = made;
    made = await makeOkrRun(held.database);
    await setBudget(held.database, made, {
      ...{ scope: 'okr_run', subjectId: made.okrRunId, period: 'total', limitMicros: 1_000_000 },
    });
    await spend(9_999, { at: '2026-05-01T12:00:00Z' });
    made = someoneElses;
  });

  it('adds up by model, the dearest first, with calls, tokens and what was estimated', async () => {
    expect(await rowsBy('model')).toEqual([
      {
        key: 'scripted',
        label: 'scripted',
        costMicros: 107,
        estimatedPartMicros: 0,
        calls: 2,
        inputTokens: 20,
        outputTokens: 10,
      },
      {
        key: 'other',
        label: 'other',
        costMicros: 50,
        estimatedPartMicros: 50,
        calls: 1,
        inputTokens: 10,
        outputTokens: 5,
      },
    ]);
  });

  it('adds up by agent, repository and objective, with their names', async () => {
    const sum = { costMicros: 157, estimatedPartMicros: 50, calls: 3 };
    expect(await rowsBy('agent')).toMatchObject([{ key: made.agentId, label: 'default', ...sum }]);
    expect(await rowsBy('repository')).toMatchObject([{ key: made.repositoryId, label: 'demo', ...sum }]);
    expect(await rowsBy('objective')).toMatchObject([{ key: made.okrRunId, label: 'Be quicker', ...sum }]);
  });

  it('adds up by the days of the workspace', async () => {
    expect((await rowsBy('day')).map(({ key, costMicros }) => [key, costMicros])).toEqual([
      ['2026-05-01', 150],
      ['2026-05-02', 7],
    ]);
    await setTimeZone(held.database, made, 'Europe/Berlin');
    expect((await rowsBy('day')).map(({ key, costMicros }) => [key, costMicros])).toEqual([
      ['2026-05-01', 100],
      ['2026-05-02', 57],
    ]);
  });

  it('takes what is from its beginning until before its end', async () => {
    const range = { from: '2026-05-01T22:01:00Z', to: '2026-05-02T12:00:00Z' };
    expect(await rowsBy('model', range)).toMatchObject([{ key: 'other', costMicros: 50 }]);
  });

  it('refuses times without a zone, the wrong way round, or too far apart', async () => {
    expect((await report('model', { ...year, from: '2026-01-01' })).errors?.[0]?.message).toContain('with its zone');
    expect(codeOf(await report('model', { from: year.to, to: year.from }))).toBe('invalid_input');
    expect(codeOf(await report('model', { ...year, to: '2028-01-01T00:00:00Z' }))).toBe('invalid_input');
  });

  it('is read along the index by time', async () => {
    await held.admin.query(
      `INSERT INTO cost_entry SELECT 'cost_' || n, workspace_id, okr_run_id, task_id, agent_run_id, step_id, model, input_tokens,
         output_tokens, cache_read_tokens, cache_write_tokens, cost_micros, at + n * interval '1 minute', estimated
       FROM cost_entry, generate_series(1, 5000) AS n WHERE workspace_id = $1 AND model = 'other'`,
      [made.workspaceId],
    );
    await held.admin.query('ANALYZE cost_entry');
    const scans = async () => {
      const index = 'cost_entry_workspace_id_at_idx';
      const { rows } = await held.admin.query<{ scans: string }>(
        'SELECT idx_scan AS scans FROM pg_stat_user_indexes WHERE indexrelname = $1',
        [index],
      );
      return Number(rows[0]?.scans);
    };
    const before = await scans();
    // Postgres tells its counts a while later.
    await until('the index is used', async () => {
      await report('model', { from: '2026-05-02T00:00:00Z', to: '2026-05-02T01:00:00Z' });
      return (await scans()) > before;
    });
  });
});
