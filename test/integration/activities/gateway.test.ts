import { hashGatewayToken } from '@fermata/core/gateway';
import { createGatewayTokenRepository, repositoriesFor } from '@fermata/database';
import { setBudget } from '@fermata/database/orders';
import { describe, expect, it } from 'vitest';
import { type ActivityWorld, createActivityWorld, failureOf, type WorldOptions } from '../../support/activity-world.js';
import { Barrier } from '../../support/model.js';
import { useDatabase } from '../../support/postgres.js';
import { clientWith, issueToken, programAtWork } from '../../support/program-at-work.js';
import { until } from '../../support/until.js';

const held = useDatabase({ poolSize: 20 });
const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 0, cacheWriteTokens: 0 };
/** 1000 at 3 and 100 at 15 micro-USD, the scripted model's price. */
const costMicros = 4_500;
const request = { model: 'scripted', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Go on.' }] };

async function openWorld(options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, { script: () => ({ text: 'Yes.', usage }), ...options });
  const program = await programAtWork(world);
  return { ...world, ...program, ask: () => program.client.messages.create(request) };
}

/** The answer is with the client before it is in the books. */
const booked = (world: ActivityWorld, calls: number) =>
  until('the calls are booked', async () => (await moneyOf(world)).spentMicros === calls * costMicros);

const stepsOf = (agentRunId: string) =>
  held.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });

async function moneyOf({ workspaceId, okrRunId }: ActivityWorld) {
  const { spentMicros, heldMicros } = await repositoriesFor(held.database, workspaceId).budgets.get(okrRunId);
  return { spentMicros, heldMicros };
}

describe('a call of an agent through the gateway', () => {
  it('is a model step of its run, with its cost in the budget and its key nowhere', async () => {
    const world = await openWorld();
    expect((await world.ask()).content).toMatchObject([{ text: 'Yes.' }]);
    await world.ask();
    await booked(world, 2);
    const steps = await stepsOf(world.agentRunId);
    expect(steps).toMatchObject([
      { index: 0, kind: 'model', name: 'scripted', state: 'succeeded', costMicros: BigInt(costMicros), usage },
      { index: 1, kind: 'model', name: 'scripted', state: 'succeeded', costMicros: BigInt(costMicros), usage },
    ]);
    expect(await moneyOf(world)).toEqual({ spentMicros: 2 * costMicros, heldMicros: 0 });
    expect(await world.runs.get(world.agentRunId)).toMatchObject({ inputTokens: 2_000, costMicros: 9_000n });
    expect(await held.database.costEntry.count({ where: { agentRunId: world.agentRunId } })).toBe(2);
    const events = await repositoriesFor(held.database, world.workspaceId).events.after(0n);
    const told = events.filter(({ type }) => type.startsWith('step.'));
    expect(told.map(({ subjectId, data }) => [subjectId, data['index'], data['state']])).toEqual([
      [steps[0]?.id, 0, 'started'],
      [steps[0]?.id, 0, 'succeeded'],
      [steps[1]?.id, 1, 'started'],
      [steps[1]?.id, 1, 'succeeded'],
    ]);
  });

  it('at the same time as others gets a place of its own, and none spends what another holds', async () => {
    const world = await openWorld({ budgetMicros: 100_000 });
    const asked = await Promise.all(Array.from({ length: 12 }, () => world.ask().catch((error: unknown) => error)));
    expect(asked.filter((answer) => answer instanceof Error)).toEqual([]);
    await booked(world, 12);
    const steps = await stepsOf(world.agentRunId);
    expect(steps.map(({ index }) => index)).toEqual(Array.from({ length: 12 }, (_, index) => index));
    expect(await moneyOf(world)).toEqual({ spentMicros: 12 * costMicros, heldMicros: 0 });
  });

  it('is refused with the token of a run that has ended, and with one that another has replaced', async () => {
    const world = await openWorld();
    const newer = await issueToken(world, world.agentRunId);
    await expect(world.ask()).rejects.toMatchObject({ status: 401 });
    const ask = () => clientWith(world, newer).messages.create(request);
    await ask();
    await world.runs.end(world.agentRunId, { state: 'cancelled', failure: null });
    await expect(ask()).rejects.toMatchObject({ status: 401 });
    expect(await stepsOf(world.agentRunId)).toHaveLength(1);
  });

  it('is refused with a token that has just been good and has ended, for all that it asks', async () => {
    const world = await openWorld();
    await world.ask();
    await booked(world, 1);
    const { workspaceId } = world;
    await createGatewayTokenRepository(held.database).end({ hash: hashGatewayToken(world.token), workspaceId });
    await expect(world.ask()).rejects.toMatchObject({ status: 401 });
    await expect(world.ask()).rejects.toMatchObject({ status: 401 });
    await expect(world.client.messages.countTokens({ ...request })).rejects.toMatchObject({ status: 401 });
    await expect(world.client.models.list()).rejects.toMatchObject({ status: 401 });
    expect(await stepsOf(world.agentRunId)).toHaveLength(1);
    expect(await moneyOf(world)).toEqual({ spentMicros: costMicros, heldMicros: 0 });
    expect(world.model.requests()).toHaveLength(1);
  });

  it('is refused with a token that has been good until another replaced it, and told nothing of the run', async () => {
    const world = await openWorld();
    await world.ask();
    await booked(world, 1);
    await issueToken(world, world.agentRunId);
    const unknown = world.client.messages.create({ ...request, model: 'another' });
    await expect(unknown).rejects.toMatchObject({
      status: 401,
      message: expect.not.stringContaining('scripted') as string,
    });
    await expect(world.ask()).rejects.toMatchObject({ status: 401 });
    expect(world.model.requests()).toHaveLength(1);
  });

  it('waits over budget, says so on the run, and goes on when the budget is raised', async () => {
    const world = await openWorld({ budgetMicros: 1 });
    const answer = world.ask();
    await until('the run waits', async () => (await world.runs.get(world.agentRunId)).state === 'waiting');
    expect(await world.runs.get(world.agentRunId)).toMatchObject({
      waitingOn: {
        kind: 'budget',
        releasableBy: ['admin'],
        detail: expect.stringContaining('Raise it to go on') as unknown,
      },
    });
    expect(world.model.requests()).toEqual([]);
    const { budgets } = repositoriesFor(held.database, world.workspaceId);
    await budgets.setLimit({ subjectId: world.okrRunId, limitMicros: 1_000_000, setBy: world.principalId });
    await answer;
    await booked(world, 1);
    await until('the run goes on', async () => (await world.runs.get(world.agentRunId)).state === 'running');
    expect(await moneyOf(world)).toEqual({ spentMicros: costMicros, heldMicros: 0 });
  });

  it('over the limit of a day of its agent waits, and goes on when the next day has begun', async () => {
    const world = await openWorld({});
    const { agentId } = await world.runs.get(world.agentRunId);
    const { budgets } = repositoriesFor(held.database, world.workspaceId);
    const order = { scope: 'agent', subjectId: agentId, period: 'day', limitMicros: 1_000_000 } as const;
    const { budget } = await setBudget(held.database, world, order);
    await budgets.reserve({ subjectIds: [agentId], key: 'x:1', micros: 1_000_000 });
    await budgets.settle({ key: 'x:1', micros: 1_000_000 });
    const answer = world.ask();
    await until('the run waits', async () => (await world.runs.get(world.agentRunId)).state === 'waiting');
    expect(await world.runs.get(world.agentRunId)).toMatchObject({
      waitingOn: {
        ...{ kind: 'budget', subjectId: budget.id, releasableBy: ['fermata', 'admin'] },
        detail: expect.stringContaining(`the daily budget of agent ${agentId}`) as unknown,
      },
    });
    await held.admin.query('UPDATE budget_period SET began_on = began_on - 1 WHERE budget_id = $1', [budget.id]);
    await answer;
    await booked(world, 1);
    for (const [subjectId, before] of [
      [world.workspaceId, 0],
      [agentId, 1_000_000],
    ] as const)
      expect(await budgets.get(subjectId)).toMatchObject({ spentMicros: before + costMicros, heldMicros: 0 });
  });

  it('that its run does not wait for is booked all the same, once', async () => {
    const barrier = new Barrier();
    const turn = barrier.before({ text: 'Too late.', usage });
    const script = typeof turn === 'function' ? turn : () => turn;
    const world = await openWorld({ script });
    const answer = world.ask();
    await barrier.arrived;
    await world.runs.end(world.agentRunId, { state: 'cancelled', failure: null });
    await repositoriesFor(held.database, world.workspaceId).budgets.releaseAll(`${world.agentRunId}:`);
    barrier.lift();
    await answer;
    await booked(world, 1);
    expect(await moneyOf(world)).toEqual({ spentMicros: costMicros, heldMicros: 0 });
    expect(await stepsOf(world.agentRunId)).toMatchObject([{ state: 'failed', costMicros: BigInt(costMicros) }]);
  });

  it('for another model than the one of the run is refused by name', async () => {
    const world = await openWorld();
    const ask = clientWith(world, world.token).messages.create({ ...request, model: 'claude-opus-5-5' });
    await expect(ask).rejects.toThrow('is not among those of this run: scripted');
  });

  it('is stored by the hash of its token alone', async () => {
    const world = await openWorld();
    const rows = await held.database.gatewayToken.findMany({ where: { agentRunId: world.agentRunId } });
    expect(rows).toMatchObject([{ hash: hashGatewayToken(world.token), endedAt: null }]);
  });
});

describe('a provider that calls through the gateway share with all others', () => {
  const upstreamOf = (world: ActivityWorld) => ({ host: new URL(world.model.url).host, model: 'scripted' });
  const healthOf = (world: ActivityWorld) => held.database.modelProviderHealth.findFirst({ where: upstreamOf(world) });

  /** A run of our own loop in the same world. */
  async function planner(world: ActivityWorld) {
    const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
    await world.run('beginAgentRun', { agentRunId });
    return agentRunId;
  }

  it('limits them all when it limits one', async () => {
    const fail = { status: 429, retryAfter: 20 };
    const world = await openWorld({ script: () => ({ fail }) });
    await expect(world.ask()).rejects.toMatchObject({ status: 429 });
    const health = await until('the limit is told', () => healthOf(world));
    expect(health.retryNotBefore!.getTime()).toBeGreaterThan(Date.now() + 15_000);
    const failure = await failureOf(world.run('callModel', { agentRunId: await planner(world), index: 0 }));
    expect(failure).toMatchObject({ type: 'provider_rate_limited' });
    expect(world.model.requests()).toHaveLength(1);
  });

  it('that limits a run of ours holds the request of a program, says so, and lets it go when the limit is over', async () => {
    let calls = 0;
    const world = await openWorld({
      script: () => ((calls += 1), calls === 1 ? { fail: { status: 429, retryAfter: 60 } } : { text: 'Yes.', usage }),
    });
    await failureOf(world.run('callModel', { agentRunId: await planner(world), index: 0 }));
    const answer = world.ask();
    await until('the run waits', async () => (await world.runs.get(world.agentRunId)).state === 'waiting');
    const { waitingOn } = await world.runs.get(world.agentRunId);
    expect(waitingOn).toMatchObject({
      ...{ kind: 'rate_limit', releasableBy: ['provider'], until: expect.any(String) as string },
      detail: expect.stringContaining('limits how often it may be called (HTTP 429)') as string,
    });
    expect(world.model.requests()).toHaveLength(1);
    expect(await moneyOf(world)).toEqual({ spentMicros: 0, heldMicros: 0 });
    await held.database.modelProviderHealth.updateMany({ data: { retryNotBefore: new Date() } });
    expect((await answer).content).toMatchObject([{ text: 'Yes.' }]);
    await until('the run goes on', async () => (await world.runs.get(world.agentRunId)).state === 'running');
  });

  it('that fails again and again opens the circuit for all, and closes it with its next answer', async () => {
    let isAway = true;
    const world = await openWorld({ script: () => (isAway ? { fail: { status: 529 } } : { text: 'Yes.', usage }) });
    for (let failed = 1; failed <= 5; failed += 1) {
      await expect(world.ask()).rejects.toMatchObject({ status: 529 });
      await until(`${failed} failures are told`, async () => (await healthOf(world))?.failures === failed);
    }
    expect(await healthOf(world)).toMatchObject({ circuit: 'open', reason: 'HTTP 529' });
    const answer = world.ask();
    await until('the run waits', async () => (await world.runs.get(world.agentRunId)).state === 'waiting');
    expect(world.model.requests()).toHaveLength(5);
    isAway = false;
    await held.database.modelProviderHealth.updateMany({ data: { openUntil: new Date() } });
    expect((await answer).content).toMatchObject([{ text: 'Yes.' }]);
    await until('the circuit is closed', async () => (await healthOf(world))?.circuit === 'closed');
  });
});
