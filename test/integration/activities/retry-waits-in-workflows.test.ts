import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WaitingOn } from '@fermata/contracts';
import { cancelRun } from '@fermata/database/orders';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadWorkerConfig } from '../../../apps/worker/dist/config.js';
import { createRunNudger } from '../../../apps/worker/dist/run-nudger.js';
import { createWorkers } from '../../../apps/worker/dist/start-workers.js';
import { createTelemetry } from '../../../apps/worker/dist/telemetry.js';
import {
  type ActivityWorld,
  createActivityWorld,
  planDrafted,
  planOf,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';
import { useTemporal } from '../../support/temporal.js';
import { until } from '../../support/until.js';

const held = useDatabase();
const stack = useTemporal(held);
let client: Client;
let native: NativeConnection;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const address = stack.temporalAddress;
  native = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }), namespace: stack.temporalNamespace });
});
afterAll(async () => {
  await client.connection.close();
  await native.close();
});
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** The workers of a host as the program makes them, over a world's parts. */
async function atWork(options?: WorldOptions) {
  const world = await createActivityWorld(held.database, options);
  const config = loadWorkerConfig({
    ...{ DATABASE_URL: held.url, FERMATA_DATA_DIR: world.dataDir, FERMATA_SHUTDOWN_GRACE_MS: '100' },
    ...{ TEMPORAL_ADDRESS: stack.temporalAddress, TEMPORAL_NAMESPACE: stack.temporalNamespace },
  });
  const logger = pino({ level: 'silent' });
  const parts = { connection: native, telemetry: createTelemetry(undefined), deps: world.deps, logger };
  const workers = await createWorkers(config, parts);
  const running = Promise.all(workers.map((worker) => worker.run()));
  endings.push(async () => {
    for (const worker of workers) worker.shutdown();
    await running;
  });
  const row = () => held.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
  const says = (kind: WaitingOn['kind']) =>
    until(`the run to wait for ${kind}`, async () => {
      const waitingOn = (await row()).waitingOn as WaitingOn | null;
      return waitingOn?.kind === kind ? waitingOn : null;
    });
  const nudger = createRunNudger(client);
  return { world, row, says, nudger, handle: client.workflow.getHandle(world.okrRunId) };
}

const start = ({ world, nudger }: Awaited<ReturnType<typeof atWork>>) =>
  nudger.startOkrRun({ id: world.okrRunId, workspaceId: world.workspaceId, repositoryId: world.repositoryId });

/** As a git command of somebody else does it. */
async function lockMirror({ deps, repository, repositoryId }: ActivityWorld): Promise<string> {
  await deps.git.syncMirror({ repositoryId, location: repository.path, branch: 'main' });
  repository.commit('Something newer');
  const lock = join(deps.git.mirrorPath(repositoryId), 'refs/remotes/origin/main.lock');
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, '');
  return lock;
}

describe('a run whose step keeps failing', () => {
  it('says so, and goes on when what is in the way is gone', async () => {
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const script = async () => (await asked, { fail: { status: 400, message: 'no' } });
    const run = await atWork({ script, lockPatienceMs: 50 });
    const lock = await lockMirror(run.world);
    expect(await start(run)).toBe(true);
    const told = await run.says('retry');
    expect(told).toMatchObject({ releasableBy: ['operator'] });
    // Nobody promises to look between the third failure and the next.
    expect(told.detail).toMatch(/^Briefing the planner has failed [3-9] times: git is locked by /);
    expect(told.detail).toContain(lock);

    rmSync(lock);
    expect(await run.says('work')).toMatchObject({ detail: 'An agent drafts the plan.' });
    answer();
    expect(await run.handle.result()).toEqual({ state: 'failed' });
    expect((await run.row()).waitingOn).toBeNull();
  });

  it('asks its person again when what failed was small, and local', async () => {
    const run = await atWork();
    const { okrRunId, workspaceId, principalId } = run.world;
    await planDrafted(run.world, planOf(['one']));
    expect(await start(run)).toBe(true);
    const question = await run.says('human');

    await held.admin.query(`
      CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken by the test'; END $$;
      CREATE TRIGGER break_it BEFORE UPDATE OF orders_seen ON okr_run FOR EACH ROW EXECUTE FUNCTION break_it();`);
    await held.database.okrRun.update({ where: { id: okrRunId }, data: { ordersRevision: { increment: 1 } } });
    await run.nudger.ordersChanged(okrRunId);
    const { detail } = await run.says('retry');
    expect(detail).toMatch(
      /^Reading the orders has failed \d+ times: an internal error \(logged\)\. It is tried again\.$/,
    );
    await held.admin.query('DROP TRIGGER break_it ON okr_run; DROP FUNCTION break_it();');
    expect(await run.says('human')).toEqual(question);

    await cancelRun(held.database, { workspaceId, principalId }, { id: okrRunId, reason: null });
    await run.nudger.ordersChanged(okrRunId);
    expect(await run.handle.result()).toEqual({ state: 'cancelled' });
  });
});

describe('a run that the sweep starts', () => {
  it('is started once, and found by its ids', async () => {
    const run = await atWork();
    await planDrafted(run.world, planOf(['one']));
    expect([await start(run), await start(run)]).toEqual([true, false]);
    await run.says('human');
    const { searchAttributes } = await run.handle.describe();
    const { okrRunId, workspaceId, repositoryId } = run.world;
    expect(searchAttributes).toMatchObject({
      ...{ fermataWorkspace: [workspaceId], fermataOkrRun: [okrRunId], fermataRepository: [repositoryId] },
    });
    await run.handle.terminate();
  });
});
