import { repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase({ poolSize: 20 });
let made: MadeOkrRun;
beforeEach(async () => void (made = await makeOkrRun(held.database)));

const budgets = () => repositoriesFor(held.database, made.workspaceId).budgets;
const ensure = (subjectId: string, limitMicros: number | null) =>
  budgets().ensure({ scope: 'okr_run', subjectId, limitMicros });
const reserve = (key: string, micros: number, subjectIds: string[] = [made.okrRunId]) =>
  budgets().reserve({ subjectIds, key, micros });
const amounts = async (subjectId: string = made.okrRunId) => {
  const { limitMicros, spentMicros, heldMicros } = await budgets().get(subjectId);
  return { limit: limitMicros, spent: spentMicros, held: heldMicros };
};

describe('a reservation', () => {
  it('holds the worst case until it is settled with what was spent', async () => {
    await ensure(made.okrRunId, 1_000);
    expect(await reserve('a', 400)).toEqual({ held: true, already: false });
    expect(await amounts()).toEqual({ limit: 1_000, spent: 0, held: 400 });
    await budgets().settle({ key: 'a', micros: 150 });
    expect(await amounts()).toEqual({ limit: 1_000, spent: 150, held: 0 });
  });

  it('that does not fit holds nothing and says why', async () => {
    const { id } = await ensure(made.okrRunId, 1_000);
    await reserve('a', 600);
    await budgets().settle({ key: 'a', micros: 600 });
    await reserve('b', 300);
    expect(await reserve('c', 101)).toEqual({
      ...{ held: false, budgetId: id, scope: 'okr_run', subjectId: made.okrRunId, period: 'total' },
      ...{ limitMicros: 1_000, spentMicros: 600, heldMicros: 300, endsInMs: null, endsAt: null },
    });
    expect(await amounts()).toEqual({ limit: 1_000, spent: 600, held: 300 });
    expect(await reserve('c', 100)).toEqual({ held: true, already: false });
  });

  it('never passes the limit with two hundred at once', async () => {
    await ensure(made.okrRunId, 1_000);
    const results = await Promise.all(Array.from({ length: 200 }, (_, call) => reserve(`call-${call}`, 30)));
    expect(results.filter((result) => result.held)).toHaveLength(33);
    expect(await amounts()).toEqual({ limit: 1_000, spent: 0, held: 990 });
  });

  it('against two budgets holds both or none, without deadlock in either order', async () => {
    await ensure(made.okrRunId, 10_000);
    await ensure(made.taskId, 100);
    const calls = Array.from({ length: 20 }, (_, call) => {
      const subjectIds = call % 2 ? [made.okrRunId, made.taskId] : [made.taskId, made.okrRunId];
      return reserve(`call-${call}`, 10, subjectIds);
    });
    const results = await Promise.all(calls);
    expect(results.filter((result) => result.held)).toHaveLength(10);
    expect(results.find((result) => !result.held)).toMatchObject({ subjectId: made.taskId });
    expect(await amounts()).toMatchObject({ held: 100 });
    expect(await amounts(made.taskId)).toMatchObject({ held: 100 });
  });

  it('of the same key holds once, however often it is asked for', async () => {
    await ensure(made.okrRunId, 100);
    const results = await Promise.all(Array.from({ length: 10 }, () => reserve('a', 60)));
    expect(results.every((result) => result.held)).toBe(true);
    expect(await amounts()).toMatchObject({ held: 60 });
  });

  it('is unlimited where there is no limit, and still counted', async () => {
    await ensure(made.okrRunId, null);
    expect(await reserve('a', 5_000_000_000)).toEqual({ held: true, already: false });
    await budgets().settle({ key: 'a', micros: 4_000_000_000 });
    expect(await amounts()).toEqual({ limit: null, spent: 4_000_000_000, held: 0 });
  });

  it('needs a budget and a whole amount', async () => {
    await expect(reserve('a', 1)).rejects.toMatchObject({ code: 'not_found' });
    await ensure(made.okrRunId, 100);
    await expect(reserve('a', 1.5)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(reserve('a', -1)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(budgets().settle({ key: 'never', micros: 1 })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('settling', () => {
  beforeEach(() => ensure(made.okrRunId, 1_000));

  it('twice, even at once, books once', async () => {
    await reserve('a', 400);
    await Promise.all(Array.from({ length: 5 }, () => budgets().settle({ key: 'a', micros: 100 })));
    await budgets().settle({ key: 'a', micros: 100 });
    expect(await amounts()).toMatchObject({ spent: 100, held: 0 });
  });

  it('books more than was held, and then stops further spending', async () => {
    await reserve('a', 400);
    await budgets().settle({ key: 'a', micros: 1_200 });
    expect(await amounts()).toMatchObject({ spent: 1_200, held: 0 });
    expect(await reserve('b', 0)).toMatchObject({ held: false });
  });

  it('tells an attempt that comes after it to look for the result', async () => {
    await reserve('a', 400);
    await budgets().settle({ key: 'a', micros: 100 });
    await expect(reserve('a', 400)).rejects.toMatchObject({ code: 'lock_contention', retryable: true });
    expect(await amounts()).toMatchObject({ spent: 100, held: 0 });
  });

  it('books money that was spent although its reservation had been released', async () => {
    await reserve('a', 400);
    await budgets().release({ key: 'a' });
    await budgets().settle({ key: 'a', micros: 50 });
    expect(await amounts()).toMatchObject({ spent: 50, held: 0 });
  });
});

describe('releasing', () => {
  beforeEach(() => ensure(made.okrRunId, 1_000));

  it('gives back what is held, once, and the key may be held anew', async () => {
    await reserve('a', 400);
    await Promise.all([budgets().release({ key: 'a' }), budgets().release({ key: 'a' })]);
    expect(await amounts()).toMatchObject({ held: 0 });
    expect(await reserve('a', 300)).toEqual({ held: true, already: false });
    expect(await amounts()).toMatchObject({ held: 300 });
  });

  it('by prefix gives back all of one run and nothing of another, wildcards or not', async () => {
    for (const key of ['run_1:0', 'run_1:1', 'run_12:0', 'runx1:0', 'run%:0']) await reserve(key, 10);
    await budgets().settle({ key: 'run_1:1', micros: 5 });
    await budgets().releaseAll('run_1:');
    expect(await amounts()).toMatchObject({ spent: 5, held: 30 });
  });

  it('leaves what is settled alone', async () => {
    await reserve('a', 400);
    await budgets().settle({ key: 'a', micros: 100 });
    await budgets().release({ key: 'a' });
    await budgets().release({ key: 'never' });
    expect(await amounts()).toMatchObject({ spent: 100, held: 0 });
  });

  it('and settling at once book each key once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, call) => reserve(`r:${call}`, 10)));
    await Promise.all([
      budgets().releaseAll('r:'),
      ...Array.from({ length: 20 }, (_, call) => budgets().settle({ key: `r:${call}`, micros: 10 })),
    ]);
    expect(await amounts()).toMatchObject({ spent: 200, held: 0 });
  });
});

describe('a limit', () => {
  it('that is raised lets the run go on, and is told and audited', async () => {
    await ensure(made.okrRunId, 100);
    expect(await reserve('a', 150)).toMatchObject({ held: false });
    await budgets().setLimit({ subjectId: made.okrRunId, limitMicros: 200, setBy: made.principalId });
    expect(await reserve('a', 150)).toEqual({ held: true, already: false });
    const { workspaceId, okrRunId } = made;
    expect(await held.database.event.findMany({ where: { workspaceId, type: 'budget.changed' } })).toMatchObject([
      { okrRunId, data: { limitMicros: 200, before: 100 } },
    ]);
    expect(await held.database.auditEntry.count({ where: { workspaceId, actor: made.principalId } })).toBe(2);
  });

  it('is not changed by making sure that there is a budget', async () => {
    await ensure(made.okrRunId, 100);
    expect(await ensure(made.okrRunId, 999)).toMatchObject({ limitMicros: 100 });
    await expect(budgets().setLimit({ subjectId: 'okr_none', limitMicros: 1, setBy: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
