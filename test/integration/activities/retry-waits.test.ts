import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TaskId, WaitingOn } from '@fermata/contracts';
import type { RetryPolicy } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createActivityInterceptor } from '../../../apps/worker/src/activity-interceptor.js';
import { createRetryWaits } from '../../../apps/worker/src/retry-waits.js';
import {
  type ActivityWorld,
  createActivityWorld,
  planApproved,
  planDrafted,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const mendings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const mend of mendings.splice(0)) await mend();
});

interface Try {
  attempt: number;
  workflowId?: string;
  retryPolicy?: RetryPolicy;
  startToCloseTimeoutMs?: number;
}

/** One try at an activity, as a worker makes it. */
function worker(world: ActivityWorld) {
  const log: string[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(line) });
  const interceptors = [createActivityInterceptor({ logger, retryWaits: createRetryWaits(world.deps, logger) })];
  type Activities = ActivityWorld['activities'];
  const attempt = <Name extends keyof Activities>(name: Name, input: Parameters<Activities[Name]>[0], of: Try) => {
    const { workflowId = world.okrRunId, ...info } = of;
    const workflowExecution = { workflowId, runId: 'r' };
    const environment = new MockActivityEnvironment(
      { activityType: name, workflowExecution, startToCloseTimeoutMs: 60_000, ...info },
      { interceptors, logger: new DefaultLogger('ERROR') },
    );
    const activity = world.activities[name] as (input: unknown) => Promise<unknown>;
    return environment.run(activity, input).catch((error: unknown) => error);
  };
  return { attempt, log };
}

const tables = { okrRun: 'okr_run', task: 'task', agentRun: 'agent_run' } as const;

/** What the row says it waits for. */
async function saidBy(table: keyof typeof tables, id: string): Promise<WaitingOn | null> {
  const { rows } = await held.admin.query<{ waiting_on: WaitingOn | null }>(
    `SELECT waiting_on FROM ${tables[table]} WHERE id = '${id}'`,
  );
  return rows[0]?.waiting_on ?? null;
}

async function withTask(options?: WorldOptions) {
  const world = await createActivityWorld(held.database, options);
  const { one: taskId } = (await planApproved(world, planOf(['one']))) as { one: TaskId };
  return { world, taskId, ...worker(world) };
}

/** The repository's row holds what the code does not expect: a defect. */
const breakSetup = (world: ActivityWorld, setupCommands: unknown) =>
  world.database.repository.update({
    where: { id: world.repositoryId },
    data: { setupCommands: setupCommands as never },
  });

/** Statements of this kind fail until the test ends or somebody mends it. */
async function failOn(when: string, table: string): Promise<() => Promise<unknown>> {
  await held.admin.query(`
    CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken by the test'; END $$;
    CREATE TRIGGER break_it BEFORE ${when} ON ${table} FOR EACH ROW EXECUTE FUNCTION break_it();`);
  let mended = false;
  const mend = async () => {
    if (!mended) await held.admin.query(`DROP TRIGGER break_it ON ${table}; DROP FUNCTION break_it();`);
    mended = true;
  };
  mendings.push(mend);
  return mend;
}

describe('an activity that keeps failing on a defect of ours', () => {
  it('says so from the third failure on, on its row and what that is a part of, until it succeeds', async () => {
    const { world, taskId, attempt } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    const before = await saidBy('task', taskId);
    await breakSetup(world, 5);
    for (const one of [1, 2]) {
      expect(await attempt('prepareWorktree', ref, { attempt: one })).toMatchObject({ type: 'internal' });
      expect(await saidBy('task', taskId)).toEqual(before);
    }
    await attempt('prepareWorktree', ref, { attempt: 3 });
    const said = await saidBy('task', taskId);
    expect(said).toMatchObject({
      kind: 'retry',
      detail: 'Preparing the worktree has failed 3 times: an internal error (logged). It is tried again.',
      releasableBy: ['operator'],
    });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'retry', detail: said?.detail });
    await attempt('prepareWorktree', ref, { attempt: 4 });
    expect(await saidBy('task', taskId)).toMatchObject({
      since: said?.since,
      detail: expect.stringContaining('failed 4 times') as string,
    });

    await breakSetup(world, []);
    expect(await attempt('prepareWorktree', ref, { attempt: 5 })).toHaveProperty('baseCommit');
    expect(await saidBy('task', taskId)).toEqual(before);
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'work' });
  });

  it('takes it back when it fails for good', async () => {
    const { world, taskId, attempt } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    const retryPolicy = { maximumAttempts: 4 };
    await breakSetup(world, 5);
    await attempt('prepareWorktree', ref, { attempt: 3, retryPolicy });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'retry' });
    await attempt('prepareWorktree', ref, { attempt: 4, retryPolicy });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work', detail: 'Preparing the worktree.' });

    await attempt('prepareWorktree', ref, { attempt: 3 });
    await breakSetup(world, ['exit 3']);
    expect(await attempt('prepareWorktree', ref, { attempt: 4 })).toMatchObject({ type: 'command_failed' });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work' });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'work' });
  });

  it('leaves alone what a row says by then', async () => {
    const { world, taskId, attempt } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    await breakSetup(world, 5);
    await attempt('prepareWorktree', ref, { attempt: 3 });
    const waiting = { kind: 'checks', detail: 'Gate "test" is running.', releasableBy: ['fermata'] } as const;
    await world.run('recordWaiting', { subject: { type: 'task', id: taskId }, waiting });
    await breakSetup(world, []);
    await attempt('prepareWorktree', ref, { attempt: 4 });
    expect(await saidBy('task', taskId)).toMatchObject(waiting);
  });

  it('says nothing once Temporal has given the try up: the next one may have succeeded by then', async () => {
    const { world, taskId, attempt } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    await breakSetup(world, 5);
    await attempt('prepareWorktree', ref, { attempt: 3, startToCloseTimeoutMs: 1 });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work' });
  });

  it('speaks for an agent run that has not begun, and leaves it queued', async () => {
    const { world, taskId, attempt } = await withTask();
    await world.run('beginTask', { taskId, attempt: 1 });
    await world.run('prepareWorktree', { taskId, attempt: 1 });
    const order = { taskId, attempt: 1, kind: 'work', round: 0 } as const;
    const { agentRunId } = await world.run('queueAgentRun', order);
    const before = await saidBy('agentRun', agentRunId);
    const mend = await failOn('INSERT', 'event');
    await attempt('beginAgentRun', { agentRunId }, { attempt: 3, workflowId: agentRunId });
    expect(await held.database.agentRun.findUnique({ where: { id: agentRunId } })).toMatchObject({
      state: 'queued',
      waitingOn: { kind: 'retry', interrupted: before },
    });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'retry' });
    await mend();
    await attempt('beginAgentRun', { agentRunId }, { attempt: 4, workflowId: agentRunId });
    expect(await saidBy('agentRun', agentRunId)).toMatchObject({ kind: 'work', detail: 'The agent is at work.' });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work' });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'work' });
  });

  it('leaves it to the whole when its own row has ended', async () => {
    const world = await createActivityWorld(held.database);
    const { attempt } = worker(world);
    const agentRunId = await planDrafted(world, planOf(['one']));
    const broken = { result: { objective: {} } };
    const { result } = await held.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    await held.database.agentRun.update({ where: { id: agentRunId }, data: broken });
    const input = { okrRunId: world.okrRunId, agentRunId };
    await attempt('adoptPlan', input, { attempt: 3 });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({
      kind: 'retry',
      detail: expect.stringContaining('Taking the plan over has failed 3 times') as string,
    });
    expect(await saidBy('agentRun', agentRunId)).toBeNull();
    await held.database.agentRun.update({ where: { id: agentRunId }, data: { result: result as object } });
    await attempt('adoptPlan', input, { attempt: 4 });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({
      kind: 'human',
      detail: 'The plan awaits approval.',
    });
  });

  it('is told by the run when its task has not begun', async () => {
    const world = await createActivityWorld(held.database);
    const { one, two: taskId } = (await planApproved(world, planOf(['one', 'two<one']))) as Record<
      'one' | 'two',
      TaskId
    >;
    const { attempt } = worker(world);
    await world.run('settleTask', { taskId: one, attempt: 1, state: 'failed', failure: null });
    const before = await saidBy('task', taskId);
    const skip = { taskId, because: [one] };
    const mend = await failOn('INSERT', 'event');
    await attempt('skipTask', skip, { attempt: 3 });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'retry', interrupted: before });
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'retry' });
    await mend();
    await attempt('skipTask', skip, { attempt: 4 });
    expect(await saidBy('task', taskId)).toBeNull();
    expect(await saidBy('okrRun', world.okrRunId)).toMatchObject({ kind: 'work', detail: 'Working on the tasks.' });
  });

  it('does not make a person wait for nothing: the question that stands is said again', async () => {
    const world = await createActivityWorld(held.database);
    const { attempt } = worker(world);
    const { okrRunId } = world;
    const agentRunId = await planDrafted(world, planOf(['one']));
    await world.run('adoptPlan', { okrRunId, agentRunId });
    const question = await saidBy('okrRun', okrRunId);
    const mend = await failOn('UPDATE OF orders_seen', 'okr_run');
    await held.database.okrRun.update({ where: { id: okrRunId }, data: { ordersRevision: 1 } });
    await attempt('readOrders', { okrRunId }, { attempt: 3 });
    expect(await saidBy('okrRun', okrRunId)).toMatchObject({ kind: 'retry' });
    await mend();
    await attempt('readOrders', { okrRunId }, { attempt: 4 });
    expect(await saidBy('okrRun', okrRunId)).toEqual(question);
  });
});

describe('an activity that keeps failing on the world', () => {
  it('says what is in the way: a lock of git that somebody else holds', async () => {
    const { world, taskId, attempt } = await withTask({ lockPatienceMs: 50 });
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    world.repository.commit('Something newer');
    const lock = join(world.deps.git.mirrorPath(world.repositoryId), 'refs/remotes/origin/main.lock');
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, '');
    expect(await attempt('prepareWorktree', ref, { attempt: 3 })).toMatchObject({ type: 'lock_contention' });
    expect(await saidBy('task', taskId)).toMatchObject({
      ...{ kind: 'retry', releasableBy: ['operator'] },
      detail: expect.stringContaining(`failed 3 times: git is locked by ${lock}`) as string,
    });
    rmSync(lock);
    await attempt('prepareWorktree', ref, { attempt: 4 });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work', detail: 'Preparing the worktree.' });
  });

  it('says of a model call only what the call does not say by itself', async () => {
    const { world, taskId, attempt } = await withTask({ script: () => ({ fail: { status: 429, retryAfter: 7 } }) });
    const { agentRunId } = await taskBegun(world, taskId);
    const call = { agentRunId, index: 0 };
    await attempt('callModel', call, { attempt: 3, workflowId: agentRunId });
    expect(await saidBy('agentRun', agentRunId)).toMatchObject({ kind: 'rate_limit', releasableBy: ['provider'] });
    // The 7 s that the provider asked for are over.
    await held.database.modelProviderHealth.updateMany({ data: { retryNotBefore: new Date() } });
    const mend = await failOn('INSERT', 'budget_reservation');
    await attempt('callModel', call, { attempt: 4, workflowId: agentRunId });
    expect(await held.database.agentRun.findUnique({ where: { id: agentRunId } })).toMatchObject({
      state: 'waiting',
      waitingOn: { kind: 'retry', detail: expect.stringContaining('Calling the model has failed 4 times') as string },
    });
    await mend();
    await attempt('callModel', call, { attempt: 5, workflowId: agentRunId });
    expect(await saidBy('agentRun', agentRunId)).toMatchObject({ kind: 'rate_limit' });
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'rate_limit' });
  });
});

describe('a wait for another try that cannot be recorded', () => {
  it('is logged, and the activity fails as it failed', async () => {
    const { world, taskId, attempt, log } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    await breakSetup(world, 5);
    await failOn('UPDATE OF waiting_on', 'task');
    const failure = await attempt('prepareWorktree', ref, { attempt: 3 });
    expect(failure).toMatchObject({ type: 'internal', message: expect.stringContaining('not iterable') as string });
    expect(log.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'activity failed',
      'wait for another try not recorded',
    ]);
  });

  it('does not keep the failure waiting for a database that is stuck, nor come after it', async () => {
    const { world, taskId, attempt } = await withTask();
    const ref = { taskId, attempt: 1 };
    await world.run('beginTask', ref);
    await breakSetup(world, 5);
    await held.admin.query(`BEGIN; SELECT 1 FROM okr_run WHERE id = '${world.okrRunId}' FOR UPDATE`);
    const startedAt = performance.now();
    const failure = await attempt('prepareWorktree', ref, { attempt: 3 });
    await held.admin.query('ROLLBACK');
    expect(failure).toMatchObject({ type: 'internal' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await expect.poll(() => idleTransactions()).toBe(0);
    expect(await saidBy('task', taskId)).toMatchObject({ kind: 'work' });
  });
});

/** Transactions of the pool under test that have begun and not ended. */
async function idleTransactions(): Promise<number> {
  const { rows } = await held.admin.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'fermata' AND xact_start IS NOT NULL`,
  );
  return rows[0]?.count ?? 0;
}
