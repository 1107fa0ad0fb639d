import { afterEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
afterEach(() => api.close());

const budgetId = `bud_${'0'.repeat(26)}`;
const agentId = `agt_${'0'.repeat(26)}`;
const noPeriod = { periodStart: null, periodEnd: null };

function aLimit(period: string, limitMicros: number | null, spentMicros = 4_000_000) {
  const ends = { periodStart: '2026-01-01T00:00:00Z', periodEnd: '2036-01-01T00:00:00Z' };
  const remainingMicros = limitMicros === null ? null : limitMicros - spentMicros;
  return {
    ...{ period, limitMicros, spentMicros, heldMicros: 0, remainingMicros },
    ...(period === 'total' ? noPeriod : ends),
  };
}

function aBudget(over: object = {}) {
  return {
    ...{ __typename: 'Budget', id: budgetId, scope: 'okr_run', subjectId: ids.run, limitMicros: null },
    ...{ spentMicros: 4_000_000, spentEstimated: true, heldMicros: 0, remainingMicros: null, updatedAt: 'now' },
    ...{ limits: [aLimit('total', null)], ...over },
  };
}

const inputs = () => api.asked.flatMap(({ variables }) => ('input' in variables ? [variables['input']] : []));

describe('budget set', () => {
  it('sets and takes away a limit, in millionths of a dollar', async () => {
    api = await startFakeApi({ setBudget: () => ({ budget: aBudget() }) });
    const { code, stdout } = await runFermata(['budget', 'set', ids.run, '7.50'], { api });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/spent +≈\$4\.00/) as string });
    expect((await runFermata(['budget', 'set', ids.run, 'none'], { api })).stdout).toContain('no limit');
    const subject = { scope: 'okr_run', subjectId: ids.run, period: 'total' };
    expect(inputs()).toEqual([
      { ...subject, limitMicros: 7_500_000 },
      { ...subject, limitMicros: null },
    ]);
  });

  it('sets limits of days, weeks and months, of the workspace, agents and tasks', async () => {
    api = await startFakeApi({ setBudget: () => ({ budget: aBudget() }) });
    await runFermata(['budget', 'set', 'workspace', '5', '--daily'], { api });
    await runFermata(['budget', 'set', agentId, '6', '--weekly'], { api });
    await runFermata(['budget', 'set', ids.task, '7', '--monthly'], { api });
    expect(inputs()).toEqual([
      { scope: 'workspace', subjectId: null, period: 'day', limitMicros: 5_000_000 },
      { scope: 'agent', subjectId: agentId, period: 'week', limitMicros: 6_000_000 },
      { scope: 'task', subjectId: ids.task, period: 'month', limitMicros: 7_000_000 },
    ]);
  });

  it('says when a limit is below what its period has spent', async () => {
    const limits = [aLimit('total', null, 9_000_000), aLimit('day', 2_000_000, 3_000_000)];
    api = await startFakeApi({ setBudget: () => ({ budget: aBudget({ limits }) }) });
    const { stdout } = await runFermata(['budget', 'set', ids.run, '2', '--daily'], { api });
    expect(stdout).toContain('That is less than the $3.00 spent');
  });

  it('raises, by the id that a wait names, the only limit of the budget, and asks which where there are several', async () => {
    let limits = [aLimit('total', null), aLimit('day', 5_000_000)];
    api = await startFakeApi({
      node: () => aBudget({ scope: 'task', subjectId: ids.task, limits }),
      setBudget: () => ({ budget: aBudget() }),
    });
    expect((await runFermata(['budget', 'set', budgetId, '9'], { api })).code).toBe(0);
    expect(inputs()).toEqual([{ scope: 'task', subjectId: ids.task, period: 'day', limitMicros: 9_000_000 }]);
    limits = [aLimit('total', 7), aLimit('day', 5)];
    const unclear = await runFermata(['budget', 'set', budgetId, '9'], { api });
    expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('--total, --daily') as string });
    expect(inputs()).toHaveLength(1);
    await runFermata(['budget', 'set', budgetId, '9', '--total'], { api });
    expect(inputs()[1]).toMatchObject({ period: 'total' });
  });

  it('exits 2 for what it does not understand, without giving the order', async () => {
    api = await startFakeApi({});
    for (const args of [
      [ids.run, '-1'],
      [ids.run, 'NaN'],
      [ids.run, '1.1234567'],
      [ids.run, '1', '--daily', '--weekly'],
      ['x', '1'],
    ])
      expect(await runFermata(['budget', 'set', ...args], { api })).toMatchObject({ code: 2 });
    expect(api.asked).toEqual([]);
  });
});

describe('what budgets say of themselves', () => {
  const page = (nodes: object[]) => ({ nodes, pageInfo: { hasNextPage: false, endCursor: null } });

  it('lists each limit with its period and when it begins anew', async () => {
    const limits = [aLimit('total', null), aLimit('day', 5_000_000), aLimit('month', 50_000_000)];
    api = await startFakeApi({ budgets: () => page([aBudget({ scope: 'workspace', limits })]) });
    const { stdout } = await runFermata(['budget', 'list'], { api });
    expect(stdout).toMatch(/the workspace +day +\$5\.00 +\$4\.00 +\$0\.0000 +\$1\.00 +in \d+ d/);
    expect(stdout).toMatch(/the workspace +month/);
    expect(stdout).not.toContain('total');
    expect(api.asked[0]?.variables['filter']).toEqual({ limited: true });
  });

  it('shows the one of the workspace when none is named', async () => {
    api = await startFakeApi({ budgets: () => page([aBudget({ scope: 'workspace' })]) });
    expect((await runFermata(['budget', 'show'], { api })).stdout).toContain('the workspace');
    expect(api.asked[0]?.variables['filter']).toEqual({ scope: 'workspace', subjectId: null });
  });

  it('says so where there is none', async () => {
    api = await startFakeApi({ budgets: () => page([]) });
    const { code, stderr } = await runFermata(['budget', 'show', agentId], { api });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Nothing was spent') as string });
  });

  it('says and sets the time zone', async () => {
    const workspace = { id: 'wsp', name: 'home', timeZone: 'UTC' };
    api = await startFakeApi({
      me: () => ({ principalId: 'p', name: 'p', role: 'admin', workspace }),
      setTimeZone: () => ({ timeZone: 'Europe/Berlin' }),
    });
    expect((await runFermata(['budget', 'zone'], { api })).stdout).toBe('UTC\n');
    expect((await runFermata(['budget', 'zone', 'europe/berlin'], { api })).stdout).toBe('Europe/Berlin\n');
  });
});

describe('budget report', () => {
  const row = {
    ...{ key: 'm1', label: 'm1', costMicros: 2_500_000, estimatedPartMicros: 500_000, calls: 1_234 },
    ...{ inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheWriteTokens: 40 },
  };

  it('adds up since a time ago, as a table or as JSON', async () => {
    api = await startFakeApi({
      costReport: () => ({ complete: true, rows: [row, { ...row, key: 'm2', label: 'm2' }] }),
    });
    const { stdout } = await runFermata(['budget', 'report', '--by', 'model', '--since', '7d'], { api });
    expect(stdout).toMatch(/m1 +\$2\.50 +≈\$0\.5000 +1,?234 +10 +20 +70/);
    expect(stdout).toContain('$5.00 in all');
    const { from, to, by } = api.asked[0]?.variables as { from: string; to: string; by: string };
    expect({ by, ms: Date.parse(to) - Date.parse(from) }).toEqual({ by: 'model', ms: 7 * 86_400_000 });
    const json = await runFermata(['budget', 'report', '--since', '2026-01-31', '--json'], { api });
    expect(JSON.parse(json.stdout)).toMatchObject({
      report: { from: '2026-01-31T00:00:00.000Z', by: 'model', complete: true, rows: [{ key: 'm1' }, { key: 'm2' }] },
    });
  });

  it('says that there is more than it shows, and names no sum then', async () => {
    api = await startFakeApi({ costReport: () => ({ complete: false, rows: [row] }) });
    const { stdout } = await runFermata(['budget', 'report'], { api });
    expect(stdout).toContain('The first 1 rows of more');
    expect(stdout).not.toContain('in all');
  });

  it('exits 2 for a time or a thing it does not know', async () => {
    api = await startFakeApi({});
    for (const args of [
      ['--since', 'yesterday'],
      ['--since', '2026-13-01'],
      ['--by', 'moon'],
    ])
      expect((await runFermata(['budget', 'report', ...args], { api })).code).toBe(2);
    expect(api.asked).toEqual([]);
  });
});
