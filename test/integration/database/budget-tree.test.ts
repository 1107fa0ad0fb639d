import { type BudgetPeriod, BudgetScope, budgetSubjectIds } from '@fermata/contracts';
import { createStepRepository, newId, repositoriesFor } from '@fermata/database';
import { setBudget, setTimeZone } from '@fermata/database/orders';
import { createReader } from '@fermata/database/reading';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 20 });
let made: MadeOkrRun;
beforeEach(async () => {
  made = await makeSubtask();
  await budgets().ensure({ scope: 'okr_run', subjectId: made.okrRunId, limitMicros: null });
});

/** A run with all budgets there are: it is the subtask of another one. */
async function makeSubtask(): Promise<MadeOkrRun> {
  const run = await makeOkrRun(held.database);
  const columns = { failure: true, waitingOn: true, result: true, modelPolicy: true, modelChoice: true } as const;
  const where = { id: run.agentRunId };
  const row = await held.database.agentRun.findUniqueOrThrow({ where, omit: { ...columns, resultSchema: true } });
  const parentRunId = newId('run');
  await held.database.agentRun.create({ data: { ...row, id: parentRunId, key: parentRunId } });
  await held.database.agentRun.update({ where, data: { parentRunId, depth: 1 } });
  return run;
}

const payersOf = (run: MadeOkrRun) =>
  budgetSubjectIds({ ...run, id: run.agentRunId, parentRunId: 'run_above', depth: 1 });

const budgets = () => repositoriesFor(held.database, made.workspaceId).budgets;
const reserve = (key: string, micros: number) => budgets().reserve({ subjectIds: payersOf(made), key, micros });
const reading = () => createReader(held.database, made.workspaceId);

const subjectOf = (scope: BudgetScope) =>
  ({
    ...{ workspace: made.workspaceId, agent: made.agentId, okr_run: made.okrRunId },
    ...{ task: made.taskId, agent_run: made.agentRunId },
  })[scope];
const scopes = Object.values(BudgetScope);

const limit = (scope: BudgetScope, limitMicros: number | null, period: BudgetPeriod = 'total') =>
  setBudget(held.database, made, { scope, subjectId: subjectOf(scope), period, limitMicros });

const amounts = async () => {
  const rows = await Promise.all(scopes.map((scope) => budgets().get(subjectOf(scope))));
  return rows.map(({ scope, spentMicros, heldMicros }) => ({ scope, spent: spentMicros, held: heldMicros }));
};
const everywhere = (spent: number, heldMicros: number) => scopes.map((scope) => ({ scope, spent, held: heldMicros }));

async function limitsOf(scope: BudgetScope) {
  const { id } = await budgets().get(subjectOf(scope));
  return (await reading().money.limitsOf([id])).get(id) ?? [];
}

/** As if it had been counted in the period before. */
const agePeriods = () =>
  held.admin.query(`UPDATE budget_period SET began_on = began_on - 1 WHERE workspace_id = $1`, [made.workspaceId]);

const events = (type: string) =>
  held.database.event.findMany({ where: { workspaceId: made.workspaceId, type }, orderBy: { cursor: 'asc' } });

const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 2, cacheWriteTokens: 1 };
let index = 0;

/** A model call from its hold to its end, with its cost entry. */
async function call(costMicros: number): Promise<void> {
  const { agentRunId, okrRunId, taskId, workspaceId } = made;
  const steps = createStepRepository(held.database, workspaceId);
  const step = { agentRunId, okrRunId, taskId, index: index++, kind: 'model', name: 'm' } as const;
  const key = `${agentRunId}:${step.index}`;
  const begun = await steps.startPaid(step, { subjectIds: payersOf(made), key, micros: costMicros });
  if (!begun.held) throw new Error('no room');
  const cost = { model: 'm', usage, costMicros, reservationKey: key };
  await steps.end({ ...step, id: begun.id }, { state: 'succeeded', cost });
}

describe('a call', () => {
  it('is held against and counted in workspace, agent, OKR run and task, with or without limits', async () => {
    expect(await reserve('a', 400)).toEqual({ held: true, already: false });
    expect(await amounts()).toEqual(everywhere(0, 400));
    await budgets().settle({ key: 'a', micros: 150 });
    expect(await amounts()).toEqual(everywhere(150, 0));
  });

  it.each(scopes)('without room in the budget of the %s holds nothing anywhere', async (scope) => {
    await limit(scope, 1_000);
    await reserve('a', 600);
    expect(await reserve('b', 401)).toMatchObject({ held: false, scope, subjectId: subjectOf(scope), period: 'total' });
    expect(await amounts()).toEqual(everywhere(0, 600));
    await limit(scope, 1_001);
    expect(await reserve('b', 401)).toMatchObject({ held: true });
  });

  it('that broke off is booked in every budget, once', async () => {
    const steps = createStepRepository(held.database, made.workspaceId);
    const step = { ...made, index: index++, kind: 'model', name: 'm' } as const;
    const { id } = await steps.start(step);
    const cost = { model: 'm', usage: { ...usage, estimated: true }, costMicros: 70 };
    const book = () => steps.addCost({ id }, cost, { key: 'k:1', subjectIds: payersOf(made) });
    await Promise.all([book(), book(), book()]);
    expect(await amounts()).toEqual(everywhere(70, 0));
    expect(await held.database.costEntry.count({ where: { stepId: id } })).toBe(1);
    const estimated = await reading().money.spentEstimated(payersOf(made));
    expect([...estimated.keys()].sort()).toEqual(payersOf(made).sort());
  });

  it('of a run that died gives its money back in every budget', async () => {
    for (const key of ['run_1:0', 'run_1:1', 'run_2:0']) await reserve(key, 10);
    await budgets().releaseAll('run_1:');
    expect(await amounts()).toEqual(everywhere(0, 10));
  });

  it('waits for the limit that keeps it longest', async () => {
    await limit('workspace', 1_000, 'day');
    await limit('agent', 1_000, 'month');
    await limit('task', 5_000);
    await reserve('a', 900);
    await budgets().settle({ key: 'a', micros: 900 });
    expect(await reserve('b', 200)).toMatchObject({ scope: 'agent', period: 'month' });
    await limit('task', 1_000);
    expect(await reserve('b', 200)).toMatchObject({ scope: 'task', period: 'total', endsInMs: null, endsAt: null });
  });
});

describe('two hundred calls at once', () => {
  it('under limits of several scopes and periods never overspend, and nothing deadlocks', async () => {
    await limit('workspace', 3_000, 'day');
    await limit('agent', 2_500, 'week');
    await limit('okr_run', 2_000);
    await limit('task', 2_200, 'month');
    const other = { ...made, taskId: null };
    let most = 0;
    const calls = Array.from({ length: 200 }, async (_, number) => {
      const subjectIds = number % 2 ? payersOf(made) : budgetSubjectIds(other);
      const ordered = number % 3 ? subjectIds : subjectIds.reverse();
      const key = `c:${number}`;
      for (;;) {
        const result = await budgets().reserve({ subjectIds: ordered, key, micros: 30 });
        const { spentMicros, heldMicros } = await budgets().get(made.okrRunId);
        most = Math.max(most, spentMicros + heldMicros);
        // One call of them all costs more than it held.
        if (result.held) await budgets().settle({ key, micros: number === 7 ? 40 : 20 });
        if (result.held || result.heldMicros === 0) return result.held;
      }
    });
    const outcomes = await Promise.all(calls);
    expect(outcomes).toContain(false);
    const [total] = await limitsOf('okr_run');
    expect(total).toMatchObject({ limitMicros: 2_000, heldMicros: 0 });
    expect(total!.spentMicros).toBeGreaterThan(2_000 - 30);
    expect(most).toBeLessThanOrEqual(2_000 + 10);
    const { rows } = await held.admin.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(Number(rows[0]?.deadlocks)).toBe(0);
  });

  it('whole steps of many tasks, from hold to end, leave the same in every budget as in the cost entries', async () => {
    await limit('workspace', 1_000_000, 'day');
    await Promise.all(Array.from({ length: 200 }, () => call(40)));
    expect(await amounts()).toEqual(everywhere(8_000, 0));
    expect((await limitsOf('workspace'))[1]).toMatchObject({ period: 'day', spentMicros: 8_000, heldMicros: 0 });
  });
});

describe('a limit of a period', () => {
  it('holds what is spent in it, and says when it ends', async () => {
    await setTimeZone(held.database, made, 'europe/berlin');
    await limit('workspace', 1_000, 'day');
    await call(900);
    const refused = await reserve('b', 200);
    expect(refused).toMatchObject({
      held: false,
      scope: 'workspace',
      period: 'day',
      limitMicros: 1_000,
      spentMicros: 900,
    });
    if (refused.held) throw new Error('held');
    const [, day] = await limitsOf('workspace');
    const left = day!.periodEnd!.getTime() - Date.now();
    expect(Math.abs(left - refused.endsInMs!)).toBeLessThan(60_000);
    expect(refused.endsAt).toMatch(/^\d{4}-\d\d-\d\d 00:00 Europe\/Berlin$/);
  });

  it('begins anew with nothing spent, without anybody doing anything', async () => {
    await limit('agent', 1_000, 'day');
    await limit('agent', 1_500, 'week');
    await reserve('a', 900);
    await budgets().settle({ key: 'a', micros: 900 });
    expect(await reserve('b', 200)).toMatchObject({ held: false, period: 'day' });
    await held.admin.query(`UPDATE budget_period SET began_on = began_on - 1 WHERE period = 'day'`);
    expect((await limitsOf('agent'))[1]).toMatchObject({ period: 'day', spentMicros: 0, remainingMicros: 1_000 });
    expect(await reserve('b', 200)).toMatchObject({ held: true });
    await budgets().settle({ key: 'b', micros: 150 });
    expect(await limitsOf('agent')).toMatchObject([
      { period: 'total', spentMicros: 1_050 },
      { period: 'day', spentMicros: 150 },
      { period: 'week', spentMicros: 1_050 },
    ]);
    // The week goes on: it is what has no room now.
    expect(await reserve('c', 500)).toMatchObject({ held: false, period: 'week' });
  });

  it('counts a call that began in the period before in the one it ends in', async () => {
    await limit('task', 1_000, 'day');
    await reserve('a', 800);
    await agePeriods();
    expect(await reserve('b', 300)).toMatchObject({ held: false, spentMicros: 0, heldMicros: 800 });
    await budgets().settle({ key: 'a', micros: 700 });
    expect((await limitsOf('task'))[1]).toMatchObject({ spentMicros: 700, heldMicros: 0 });
  });

  it.each(scopes)('that is new counts what the period has brought the %s before', async (scope) => {
    await call(300);
    await limit(scope, 1_000, 'month');
    expect((await limitsOf(scope))[1]).toMatchObject({ period: 'month', spentMicros: 300 });
    await call(100);
    expect((await limitsOf(scope))[1]).toMatchObject({ spentMicros: 400 });
  });

  it('that is set while calls end at once misses none of them and counts none twice', async () => {
    const calls = Array.from({ length: 60 }, () => call(10));
    await Promise.all([...calls, limit('workspace', 5_000, 'day'), limit('agent', 5_000, 'week')]);
    expect((await limitsOf('workspace'))[1]).toMatchObject({ period: 'day', spentMicros: 600, heldMicros: 0 });
    expect((await limitsOf('agent'))[1]).toMatchObject({ period: 'week', spentMicros: 600, heldMicros: 0 });
  });

  it('that is taken away caps nothing any more', async () => {
    await limit('workspace', 100, 'week');
    expect(await reserve('a', 200)).toMatchObject({ held: false });
    await limit('workspace', null, 'week');
    expect(await reserve('a', 200)).toMatchObject({ held: true });
    expect(await limitsOf('workspace')).toHaveLength(1);
  });

  it.each([
    ['day', 'Europe/Berlin', '2026-10-25T10:00Z', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['day', 'Europe/Berlin', '2026-03-29T22:30Z', '2026-03-29T22:00:00.000Z', '2026-03-30T22:00:00.000Z'],
    ['day', 'Asia/Tokyo', '2026-11-27T15:00Z', '2026-11-27T15:00:00.000Z', '2026-11-28T15:00:00.000Z'],
    ['week', 'UTC', '2026-11-29T23:59Z', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['week', 'UTC', '2026-11-30T00:00Z', '2026-11-30T00:00:00.000Z', '2026-12-07T00:00:00.000Z'],
    ['month', 'America/New_York', '2027-03-01T04:59Z', '2027-02-01T05:00:00.000Z', '2027-03-01T05:00:00.000Z'],
  ])('the %s in %s at %s begins and ends by the clock on the wall there', async (...[period, zone, at, start, end]) => {
    const { rows } = await held.admin.query<{ starts_at: Date; ends_at: Date }>(
      'SELECT starts_at, ends_at FROM period_at($1, $2, $3)',
      [period, zone, at],
    );
    expect([rows[0]?.starts_at.toISOString(), rows[0]?.ends_at.toISOString()]).toEqual([start, end]);
  });
});

describe('the time zone', () => {
  it('is UTC until it is set, by a name that means the same everywhere', async () => {
    const zone = async () => (await reading().catalog.workspace())?.timeZone;
    expect(await zone()).toBe('UTC');
    expect(await setTimeZone(held.database, made, 'asia/tokyo')).toEqual({
      timeZone: 'Asia/Tokyo',
      okrRunIds: [made.okrRunId],
    });
    expect(await zone()).toBe('Asia/Tokyo');
    for (const name of ['FOO3', 'EST', 'localtime', 'posix/Europe/Berlin', '+01:00', '', 'Mars/Base', "x'\u0000"]) {
      await expect(setTimeZone(held.database, made, name)).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });

  it('that is moved back does not make a spent day begin again', async () => {
    await setTimeZone(held.database, made, 'Pacific/Kiritimati');
    await limit('workspace', 1_000, 'day');
    await call(900);
    for (const zone of ['Pacific/Pago_Pago', 'Pacific/Kiritimati', 'Pacific/Pago_Pago'])
      await setTimeZone(held.database, made, zone);
    expect(await reserve('b', 200)).toMatchObject({ held: false, spentMicros: 900 });
  });
});

describe('a threshold', () => {
  const told = async () =>
    (await events('budget.threshold_reached')).map(({ data }) => data as Record<string, unknown>);

  it('is told once for each limit, in the transaction that reaches it', async () => {
    await limit('okr_run', 1_000);
    for (const micros of [490, 20, 20, 350, 60, 60]) {
      const key = `${made.agentRunId}:t${index++}`;
      await reserve(key, 1);
      await budgets().settle({ key, micros });
      await budgets().settle({ key, micros });
    }
    expect((await told()).map(({ percent, spentMicros }) => [percent, spentMicros])).toEqual([
      [50, 510],
      [80, 880],
      [100, 1_000],
    ]);
    const [first] = await events('budget.threshold_reached');
    const { okrRunId, taskId, agentRunId } = made;
    expect(first).toMatchObject({ okrRunId, taskId, agentRunId, subjectId: (await budgets().get(okrRunId)).id });
    expect(first?.data).toMatchObject({ scope: 'okr_run', subjectId: okrRunId, period: 'total', limitMicros: 1_000 });
  });

  it('is told again in the next period, and by each limit that is reached', async () => {
    await limit('workspace', 100, 'day');
    await limit('task', 100, 'week');
    await call(50);
    expect(
      (await told()).map(({ scope, period, percent }) => `${String(scope)} ${String(period)} ${String(percent)}`),
    ).toEqual(expect.arrayContaining(['workspace day 50', 'task week 50']));
    await held.admin.query(`UPDATE budget_period SET began_on = began_on - 1 WHERE period = 'day'`);
    await call(50);
    const days = (await told()).filter(({ period }) => period === 'day');
    expect(days.map(({ percent, spentMicros }) => [percent, spentMicros])).toEqual([
      [50, 50],
      [50, 50],
    ]);
    expect((await told()).filter(({ period }) => period === 'week').map(({ percent }) => percent)).toEqual([
      50, 80, 100,
    ]);
  });

  it('is reached by many calls at once and told once', async () => {
    await limit('agent', 1_000);
    await Promise.all(Array.from({ length: 50 }, () => call(20)));
    expect((await told()).map(({ percent }) => percent)).toEqual([50, 80, 100]);
  });

  it('is told of a call that broke off too', async () => {
    await limit('task', 100);
    const steps = createStepRepository(held.database, made.workspaceId);
    const { id } = await steps.start({ ...made, index: index++, kind: 'model', name: 'm' });
    const cost = { model: 'm', usage, costMicros: 90 };
    await steps.addCost({ id }, cost, { key: `${made.agentRunId}:9:1`, subjectIds: payersOf(made) });
    expect((await told()).map(({ percent }) => percent)).toEqual([50, 80]);
  });
});

describe('an order about a budget', () => {
  it('is told to the runs below it, is an event and is audited', async () => {
    const { okrRunId, workspaceId, principalId } = made;
    for (const scope of scopes) {
      const run = () => held.database.okrRun.findUniqueOrThrow({ where: { id: okrRunId } });
      const { ordersRevision } = await run();
      expect((await limit(scope, 500, 'day')).okrRunIds).toEqual([okrRunId]);
      expect((await run()).ordersRevision).toBe(ordersRevision + 1);
      await limit(scope, 500, 'day');
      expect((await run()).ordersRevision).toBe(ordersRevision + 1);
    }
    const changed = await events('budget.changed');
    expect(changed.map((event) => [event.okrRunId, event.taskId])).toEqual([
      [null, null],
      [null, null],
      [okrRunId, null],
      [okrRunId, made.taskId],
      [okrRunId, made.taskId],
    ]);
    expect(changed.at(-1)?.agentRunId).toBe(made.agentRunId);
    expect(changed[0]?.data).toEqual({
      ...{ scope: 'workspace', subjectId: workspaceId, period: 'day', limitMicros: 500, before: null },
    });
    const audit = { workspaceId, actor: principalId, action: 'budget.set_limit' };
    expect(await held.database.auditEntry.count({ where: audit })).toBe(5);
  });

  it('about an agent run that is no subtask says whose budget to set', async () => {
    const { parentRunId } = await held.database.agentRun.findUniqueOrThrow({ where: { id: made.agentRunId } });
    const order = { scope: 'agent_run', subjectId: parentRunId ?? '', period: 'total', limitMicros: 5 } as const;
    const message = expect.stringContaining(made.taskId) as string;
    await expect(setBudget(held.database, made, order)).rejects.toMatchObject({ code: 'invalid_input', message });
  });

  it('about a thing of another workspace, or of another kind, finds nothing', async () => {
    const theirs = await makeOkrRun(held.database);
    const wrong: [BudgetScope, string][] = [
      ['workspace', theirs.workspaceId],
      ['agent', theirs.agentId],
      ['okr_run', theirs.okrRunId],
      ['task', theirs.taskId],
      ['agent_run', theirs.agentRunId],
      ['agent_run', made.taskId],
      ['task', made.okrRunId],
      ['agent', made.taskId],
      ['workspace', made.agentId],
    ];
    for (const [scope, subjectId] of wrong) {
      const order = { scope, subjectId, period: 'day', limitMicros: 5 } as const;
      await expect(setBudget(held.database, made, order)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await held.database.budget.count({ where: { workspaceId: theirs.workspaceId } })).toBe(0);
  });
});
