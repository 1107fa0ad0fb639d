import { repositoriesFor } from '@fermata/database';
import { expect, it } from 'vitest';
import { copyOfRun, gatewayCaller } from '../../support/gateway-caller.js';
import { useDatabase } from '../../support/postgres.js';

/** One connection, whose counts are told when it is asked to. */
const held = useDatabase({ poolSize: 1 });
const lookedUp = ['agent_step', 'agent_run', 'budget_reservation', 'gateway_token'];

async function rowsRead(tables: readonly string[]): Promise<number> {
  await held.database.$queryRaw`SELECT pg_stat_force_next_flush()::text`;
  const [row] = await held.database.$queryRaw<{ read: number }[]>`
    SELECT sum("seq_tup_read" + coalesce("idx_tup_fetch", 0))::int AS "read" FROM pg_stat_user_tables
    WHERE relname = ANY(${[...tables]})`;
  return row!.read;
}

async function rowsReadBy(tables: readonly string[], work: () => Promise<unknown>): Promise<number> {
  const before = await rowsRead(tables);
  await work();
  return (await rowsRead(tables)) - before;
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < times; count += 1) await work();
}

it('reads no more rows for a call of a model after hundreds of them', async () => {
  const { call } = await gatewayCaller(held.database);
  const readPerCall = async (tables: readonly string[]) => (await rowsReadBy(tables, () => repeat(10, call))) / 10;
  const reservationsAtFirst = await readPerCall(['budget_reservation']);
  const stepsAtFirst = await readPerCall(['agent_step']);
  await repeat(300, call);
  expect(await readPerCall(['budget_reservation'])).toBeLessThanOrEqual(reservationsAtFirst + 3);
  expect(await readPerCall(['agent_step'])).toBeLessThanOrEqual(stepsAtFirst + 1);
  expect(await readPerCall(lookedUp)).toBeLessThan(40);
  // As Postgres does by itself within a minute or two.
  await held.admin.query('ANALYZE');
  await call();
  expect(await readPerCall(lookedUp)).toBeLessThan(40);
});

it('finds what is held of a run without reading what others have reserved', async () => {
  const { bearer, runs, call } = await gatewayCaller(held.database);
  const { budgets } = repositoriesFor(held.database, bearer.workspaceId);
  const other = await copyOfRun(held.database, bearer.agentRunId);
  const endTheOther = async () => {
    await budgets.release({ key: `${other}:0` });
    await budgets.releaseAll(`${other}:`);
    expect(await runs.endPlainly(other, { state: 'succeeded', failure: null })).toMatchObject({ state: 'succeeded' });
  };
  await repeat(10, endTheOther);
  await repeat(100, call);
  expect(await rowsReadBy(['budget_reservation'], () => repeat(10, endTheOther))).toBeLessThan(10);
  await held.admin.query('ANALYZE');
  expect(await rowsReadBy(['budget_reservation'], () => repeat(10, endTheOther))).toBeLessThan(10);
});
