import { randomUUID } from 'node:crypto';
import { budgetSubjectIds } from '@fermata/contracts';
import { hashGatewayToken } from '@fermata/core/gateway';
import { createGatewayCallRepository } from '@fermata/database';
import { expect, it } from 'vitest';
import { createActivityWorld } from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';
import { programAtWork } from '../../support/program-at-work.js';

/** One connection, whose counts are told when it is asked to. */
const held = useDatabase({ poolSize: 1 });
const usage = { inputTokens: 10, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const lookedUp = ['agent_step', 'agent_run', 'budget_reservation', 'gateway_token'];

async function rowsRead(tables: readonly string[]): Promise<number> {
  await held.database.$queryRaw`SELECT pg_stat_force_next_flush()::text`;
  const [row] = await held.database.$queryRaw<{ read: number }[]>`
    SELECT sum("seq_tup_read" + coalesce("idx_tup_fetch", 0))::int AS "read" FROM pg_stat_user_tables
    WHERE relname = ANY(${[...tables]})`;
  return row!.read;
}

async function caller() {
  const world = await createActivityWorld(held.database, { script: () => ({ text: 'Yes.' }) });
  const { agentRunId, token } = await programAtWork(world);
  const run = await held.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  const { workspaceId, okrRunId, taskId, agentId } = run;
  const bearer = { tokenHash: hashGatewayToken(token), workspaceId, agentRunId, okrRunId, taskId };
  const subjectIds = budgetSubjectIds({ ...bearer, agentId });
  const calls = createGatewayCallRepository(held.database);
  const upstream = { provider: 'anthropic', host: 'models.test', model: 'scripted' } as const;
  const call = async (): Promise<void> => {
    const [callId, cost] = [randomUUID(), { model: 'scripted', usage, costMicros: 1 }];
    const asked = { callId, model: 'scripted', subjectIds, micros: 1, likely: usage, upstream };
    expect(await calls.begin(bearer, asked)).toMatchObject({ outcome: 'held' });
    await calls.end(bearer, { callId, name: 'scripted', state: 'succeeded', cost });
  };
  const readPerCall = async (tables: readonly string[]): Promise<number> => {
    const before = await rowsRead(tables);
    for (let count = 0; count < 10; count += 1) await call();
    return ((await rowsRead(tables)) - before) / 10;
  };
  return { call, readPerCall };
}

it('reads no more rows for a call of a model after hundreds of them', async () => {
  const { call, readPerCall } = await caller();
  const reservationsAtFirst = await readPerCall(['budget_reservation']);
  for (let count = 0; count < 300; count += 1) await call();
  expect(await readPerCall(['budget_reservation'])).toBeLessThanOrEqual(reservationsAtFirst + 3);
  // As Postgres does by itself within a minute or two.
  await held.admin.query('ANALYZE');
  await call();
  expect(await readPerCall(lookedUp)).toBeLessThan(40);
});
