import { type AgentRunId, type CircuitLimits, defaultPolicy, type ModelPolicy, type TaskId } from '@fermata/contracts';
import { createModelClient, resolveModel, upstreamRefOf } from '@fermata/core/models';
import { repositoriesFor } from '@fermata/database';
import { type ScriptFunction, type ScriptedModelServer, startScriptedModel } from '@fermata/scripted-model';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const servers: ScriptedModelServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const answer = {
  text: 'I look.',
  toolCalls: [{ name: 'list', input: {} }],
  usage: { inputTokens: 900, outputTokens: 50 },
};
const away = (status = 529) => ({ fail: { status } });
/** Short enough for a test, long enough to be seen. */
const quick: CircuitLimits = { failures: 3, windowMs: 60_000, openMs: 700, maxOpenMs: 1_400 };

interface Options extends WorldOptions {
  modelPolicy?: ModelPolicy;
  /** What the second provider says, whose model is `gpt-4.1`. */
  other?: ScriptFunction;
  circuit?: CircuitLimits;
}

/** A world with two providers, and two tasks of which each has an agent at work. */
async function atWork({ modelPolicy, other = () => answer, circuit = quick, ...options }: Options = {}) {
  const world = await createActivityWorld(held.database, { ...options, limits: { circuit, ...options.limits } });
  const second = await startScriptedModel({ script: other });
  servers.push(second);
  const settings = {
    ...{ anthropicBaseUrl: world.model.anthropicBaseUrl, anthropicApiKey: 'any' },
    ...{ openaiBaseUrl: second.openaiBaseUrl, openaiApiKey: 'any' },
  };
  world.deps.modelNamed = async (name) => {
    const { endpoint, model: facts } = resolveModel(name, settings);
    return { name, facts, client: createModelClient(endpoint), upstream: upstreamRefOf(facts, endpoint) };
  };
  if (modelPolicy) await savePolicy(world, modelPolicy);
  const tasks = await planApproved(world, planOf(['one', 'two']));
  return { world, second, tasks };
}

async function savePolicy({ database, workspaceId, principalId }: ActivityWorld, modelPolicy: ModelPolicy) {
  const { agents } = repositoriesFor(database, workspaceId);
  const settings = { ...(await agents.getByName('default')), policy: defaultPolicy, modelPolicy };
  await agents.save(settings, { savedBy: principalId });
}

async function begun(world: ActivityWorld, taskId: TaskId): Promise<AgentRunId> {
  return (await taskBegun(world, taskId)).agentRunId;
}

const call = (world: ActivityWorld, agentRunId: AgentRunId, ...[index = 0, attempt = 1]: number[]) =>
  world.run('callModel', { agentRunId, index }, { attempt });
const runOf = (world: ActivityWorld, id: string) => world.database.agentRun.findUniqueOrThrow({ where: { id } });
const stepsOf = (world: ActivityWorld, agentRunId: string) =>
  world.database.agentStep.findMany({ where: { agentRunId, kind: 'model' }, orderBy: { index: 'asc' } });
const healthOf = (world: ActivityWorld) =>
  world.database.modelProviderHealth.findFirstOrThrow({ where: { host: new URL(world.model.url).host } });
const eventsOf = ({ database, workspaceId }: ActivityWorld, type: string) =>
  database.event.findMany({ where: { workspaceId, type }, orderBy: { cursor: 'asc' } });

/** Fails until the circuit is open. */
async function openCircuit(world: ActivityWorld, agentRunId: AgentRunId) {
  for (let attempt = 1; attempt <= quick.failures; attempt += 1)
    expect(await failureOf(call(world, agentRunId, 0, attempt))).toMatchObject({ type: 'provider_unavailable' });
  expect(await healthOf(world)).toMatchObject({ circuit: 'open' });
}

describe('a rate limit that one run meets', () => {
  it('makes the other runs of that model wait, which say for what and until when, and send nothing', async () => {
    let calls = 0;
    const { world, tasks } = await atWork({
      script: () => ((calls += 1), calls === 1 ? { fail: { status: 429, retryAfter: 7 } } : answer),
    });
    const [one, two] = [await begun(world, tasks['one']!), await begun(world, tasks['two']!)];
    await failureOf(call(world, one));
    const failure = await failureOf(call(world, two));
    expect(failure).toMatchObject({ type: 'provider_rate_limited', nonRetryable: false });
    expect(failure.nextRetryDelay).toBeGreaterThan(5_000);
    expect(failure.nextRetryDelay).toBeLessThan(7_600);
    expect(world.model.requests()).toHaveLength(1);

    const { state, waitingOn } = await runOf(world, two);
    const { host, retryNotBefore } = await healthOf(world);
    expect(state).toBe('waiting');
    expect(waitingOn).toMatchObject({
      ...{ kind: 'rate_limit', releasableBy: ['provider'], until: retryNotBefore?.toISOString() },
      detail: expect.stringContaining(
        `scripted at ${host}, which limits how often it may be called (HTTP 429)`,
      ) as string,
    });
    expect(waitingOn).toHaveProperty('since');
    const task = await world.database.task.findUniqueOrThrow({ where: { id: tasks['two']! } });
    expect(task.waitingOn).toMatchObject({ kind: 'rate_limit' });
    const budget = await repositoriesFor(world.database, world.workspaceId).budgets.get(world.okrRunId);
    expect(budget).toMatchObject({ heldMicros: 0 });
    expect(await stepsOf(world, two)).toEqual([]);

    await world.database.modelProviderHealth.updateMany({ data: { retryNotBefore: new Date() } });
    expect(await call(world, two, 0, 2)).toMatchObject({ outcome: 'answered' });
    expect(await runOf(world, two)).toMatchObject({ state: 'running', waitingOn: { kind: 'work' } });
  });

  it('leaves the runs of other models alone', async () => {
    const { world, tasks } = await atWork({ script: () => ({ fail: { status: 429, retryAfter: 60 } }) });
    const one = await begun(world, tasks['one']!);
    await failureOf(call(world, one));
    await world.database.agent.updateMany({ where: { workspaceId: world.workspaceId }, data: { model: 'gpt-4.1' } });
    expect(await call(world, await begun(world, tasks['two']!))).toMatchObject({ outcome: 'answered' });
  });

  it('is not fallen back from: it passes by itself', async () => {
    const { world, tasks, second } = await atWork({
      ...{ modelPolicy: { fallback: ['gpt-4.1'] }, script: () => ({ fail: { status: 429, retryAfter: 60 } }) },
    });
    const one = await begun(world, tasks['one']!);
    await failureOf(call(world, one));
    expect(await failureOf(call(world, one, 0, 2))).toMatchObject({ type: 'provider_rate_limited' });
    expect(second.requests()).toEqual([]);
  });
});

describe('an outage', () => {
  it('opens the circuit, lets one call try, and closes it with its answer', async () => {
    let isBack = false;
    const { world, tasks } = await atWork({ script: () => (isBack ? { ...answer, delayMs: 300 } : away()) });
    const [one, two] = [await begun(world, tasks['one']!), await begun(world, tasks['two']!)];
    await openCircuit(world, one);
    const asked = world.model.requests().length;
    const refused = await failureOf(call(world, two));
    expect(refused).toMatchObject({ type: 'provider_unavailable', nonRetryable: false });
    expect(refused.nextRetryDelay).toBeLessThan(quick.openMs + 600);
    expect((await runOf(world, two)).waitingOn).toMatchObject({
      detail: expect.stringMatching(/failed again and again \(HTTP 529\)/) as string,
    });
    expect(world.model.requests()).toHaveLength(asked);

    isBack = true;
    await sleep(quick.openMs);
    const both = await Promise.allSettled([call(world, one, 0, 9), call(world, two, 0, 2)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(world.model.requests()).toHaveLength(asked + 1);
    expect(await healthOf(world)).toMatchObject({ circuit: 'closed', failures: 0, openUntil: null });
    expect(await call(world, two, 0, 3)).toMatchObject({ outcome: 'answered' });

    const [opened] = await eventsOf(world, 'model.circuit_opened');
    expect(opened?.data).toMatchObject({ model: 'scripted', provider: 'scripted', reason: 'HTTP 529', failures: 3 });
    expect(await eventsOf(world, 'model.circuit_closed')).toHaveLength(1);
  });

  it('that goes on opens it again for twice as long, at most for the longest', async () => {
    const { world, tasks } = await atWork({ script: () => away(503) });
    const one = await begun(world, tasks['one']!);
    await openCircuit(world, one);
    for (const openForMs of [1_400, 1_400]) {
      await world.database.modelProviderHealth.updateMany({ data: { openUntil: new Date() } });
      await failureOf(call(world, one, 0, 9));
      expect(await healthOf(world)).toMatchObject({ circuit: 'open', openForMs });
    }
    expect(await eventsOf(world, 'model.circuit_opened')).toHaveLength(3);
  });

  it('does not show in failures that are long ago, or have an answer between them', async () => {
    let failing = true;
    const { world, tasks } = await atWork({ script: () => (failing ? away() : answer) });
    const one = await begun(world, tasks['one']!);
    for (const attempt of [1, 2]) await failureOf(call(world, one, 0, attempt));
    failing = false;
    await call(world, one, 0, 3);
    expect(await healthOf(world)).toMatchObject({ failures: 0 });
    failing = true;
    for (const attempt of [1, 2]) await failureOf(call(world, one, 1, attempt));
    await world.database.modelProviderHealth.updateMany({ data: { firstFailureAt: new Date(Date.now() - 61_000) } });
    await failureOf(call(world, one, 1, 3));
    expect(await healthOf(world)).toMatchObject({ circuit: 'closed', failures: 1 });
  });

  it('whose trial died with its worker is tried by another call after a minute', async () => {
    const { world, tasks } = await atWork({ script: () => answer });
    const one = await begun(world, tasks['one']!);
    const { upstream } = await world.deps.modelNamed('scripted', world.workspaceId);
    const halfOpen = { ...upstream, circuit: 'half_open', failures: 5, openForMs: 700, updatedAt: new Date() };
    const soon = new Date(Date.now() + 60_000);
    await world.database.modelProviderHealth.create({ data: { ...halfOpen, probeUntil: soon } });
    const refused = await failureOf(call(world, one));
    expect(refused.nextRetryDelay).toBeLessThanOrEqual(2_500);
    await world.database.modelProviderHealth.updateMany({ data: { probeUntil: new Date() } });
    expect(await call(world, one, 0, 2)).toMatchObject({ outcome: 'answered' });
    expect(await healthOf(world)).toMatchObject({ circuit: 'closed' });
  });

  it('is fallen back from, in the conversation as it stands, and returned from when it is over', async () => {
    let isAway = true;
    const said: string[] = [];
    const { world, tasks, second } = await atWork({
      modelPolicy: { fallback: ['gpt-4.1'] },
      script: ({ messages }) => {
        said.push(JSON.stringify(messages));
        return isAway ? away() : { ...answer, thinking: 'Hm.' };
      },
    });
    isAway = false;
    const one = await begun(world, tasks['one']!);
    await call(world, one, 0);
    isAway = true;
    for (const attempt of [1, 2, 3]) await failureOf(call(world, one, 1, attempt));
    expect(await call(world, one, 1, 4)).toMatchObject({ outcome: 'answered' });
    expect(second.requests()).toHaveLength(1);
    const [, fallen] = await stepsOf(world, one);
    expect(fallen).toMatchObject({ name: 'gpt-4.1', state: 'succeeded', attempt: 4 });
    expect(fallen?.modelChoice).toEqual({
      ...{ model: 'gpt-4.1', rule: 'fallback', reason: 'scripted cannot be had: HTTP 529.' },
    });
    const chosen = await eventsOf(world, 'model.chosen');
    expect(chosen.map(({ data }) => data)).toEqual([
      expect.objectContaining({ model: 'gpt-4.1', rule: 'fallback', insteadOf: 'scripted' }),
    ]);
    const costs = await world.database.costEntry.findMany({ where: { agentRunId: one }, orderBy: { at: 'asc' } });
    // 900 in and 50 out: at 3 and 15 dollars a million, then at 2 and 8.
    expect(costs.map(({ costMicros }) => Number(costMicros))).toEqual([3_450, 2_200]);

    isAway = false;
    await world.database.modelProviderHealth.updateMany({ data: { openUntil: new Date() } });
    await call(world, one, 2);
    expect((await stepsOf(world, one)).map(({ name }) => name)).toEqual(['scripted', 'gpt-4.1', 'scripted']);
    expect(await healthOf(world)).toMatchObject({ circuit: 'closed' });
    expect(said.at(-1)).toContain('I look.');
  });

  it('of every model that may be asked is waited for', async () => {
    const { world, tasks } = await atWork({
      ...{ modelPolicy: { fallback: ['gpt-4.1'] }, script: () => away(), other: () => away(500) },
    });
    const one = await begun(world, tasks['one']!);
    await openCircuit(world, one);
    for (const attempt of [4, 5, 6]) await failureOf(call(world, one, 0, attempt));
    const waiting = await failureOf(call(world, one, 0, 7));
    expect(waiting).toMatchObject({ type: 'provider_unavailable', nonRetryable: false });
    expect((await runOf(world, one)).waitingOn).toMatchObject({ kind: 'rate_limit' });
  });
});

describe('a provider that refuses us', () => {
  it('is fallen back from at once, and not asked again in that run', async () => {
    const { world, tasks, second } = await atWork({
      ...{ modelPolicy: { fallback: ['gpt-4.1'] }, script: () => away(401) },
    });
    const one = await begun(world, tasks['one']!);
    expect(await call(world, one, 0)).toMatchObject({ outcome: 'answered' });
    expect(await call(world, one, 1)).toMatchObject({ outcome: 'answered' });
    expect(world.model.requests()).toHaveLength(1);
    expect(second.requests()).toHaveLength(2);
    const [first] = await stepsOf(world, one);
    expect(first?.modelChoice).toMatchObject({ rule: 'fallback', refused: ['scripted'] });
    expect(first?.modelChoice).toHaveProperty('reason', expect.stringContaining('refused the key'));
    const budget = await repositoriesFor(world.database, world.workspaceId).budgets.get(world.okrRunId);
    expect(budget.heldMicros).toBe(0);
  });

  it('fails the run where nothing is to be fallen back on', async () => {
    const { world, tasks } = await atWork({ script: () => away(401) });
    const failure = await failureOf(call(world, await begun(world, tasks['one']!)));
    expect(failure).toMatchObject({ type: 'provider_unauthorized', nonRetryable: true });
  });

  it('is not what a request is that is wrong itself', async () => {
    const { world, tasks, second } = await atWork({
      ...{ modelPolicy: { fallback: ['gpt-4.1'] }, script: () => away(400) },
    });
    const failure = await failureOf(call(world, await begun(world, tasks['one']!)));
    expect(failure).toMatchObject({ type: 'provider_rejected' });
    expect(second.requests()).toEqual([]);
  });
});

describe('a model policy', () => {
  const gates = [{ name: 'check', command: 'test -e done.txt', timeoutMs: 10_000 }];

  it('chooses by the kind of work, and escalates the repair after a failed gate', async () => {
    const modelPolicy: ModelPolicy = {
      rules: [
        { kind: 'work', complexity: 'medium', model: 'claude-haiku-4-5' },
        { kind: 'review', model: 'gpt-4.1' },
      ],
      escalate: { afterFailedGates: 2, to: 'claude-opus-5-5' },
    };
    const { world, tasks } = await atWork({ modelPolicy, gates });
    const taskId = tasks['one']!;
    const work = await begun(world, taskId);
    expect(await runOf(world, work)).toMatchObject({
      model: 'claude-haiku-4-5',
      modelChoice: { rule: 'rule', reason: 'Rule 1 of the model policy: work of medium complexity.' },
    });
    const models: string[] = [];
    for (const round of [1, 2]) {
      await world.run('runGate', { taskId, attempt: 1, phase: 'work', round: round - 1, gate: 'check' });
      const order = { taskId, attempt: 1, kind: 'repair', reason: 'gate', round } as const;
      models.push((await runOf(world, (await world.run('queueAgentRun', order)).agentRunId)).model);
    }
    const review = await world.run('queueAgentRun', { taskId, attempt: 1, kind: 'review', round: 1 });
    models.push((await runOf(world, review.agentRunId)).model);
    expect(models).toEqual(['scripted', 'claude-opus-5-5', 'gpt-4.1']);
    const chosen = await eventsOf(world, 'model.chosen');
    expect(chosen.map(({ data }) => data)).toEqual([
      expect.objectContaining({ model: 'claude-haiku-4-5', rule: 'rule' }),
      expect.objectContaining({ model: 'claude-opus-5-5', rule: 'escalate', reason: 'Gates have failed 2 times.' }),
      expect.objectContaining({ model: 'gpt-4.1', rule: 'rule' }),
    ]);
  });

  it('goes on with a cheaper model once so much of the budget is spent', async () => {
    const modelPolicy = { downgrade: [{ atBudgetPercent: 80, to: 'gpt-4.1' }] };
    const { world, tasks, second } = await atWork({ modelPolicy, script: () => answer, budgetMicros: 10_000_000 });
    const one = await begun(world, tasks['one']!);
    await call(world, one, 0);
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    await budgets.reserve({ subjectIds: [world.okrRunId], key: 'other:1', micros: 8_000_000 });
    await call(world, one, 1);
    expect(second.requests()).toEqual([]);
    await budgets.settle({ key: 'other:1', micros: 8_000_000 });
    await call(world, one, 2);
    expect(second.requests()).toHaveLength(1);
    expect((await stepsOf(world, one)).at(-1)?.modelChoice).toMatchObject({
      ...{ model: 'gpt-4.1', rule: 'downgrade', reason: '80 % of the budget is spent.' },
    });
  });

  it('tells another model what was said and done, and not what the first one thought', async () => {
    const said: string[] = [];
    const { world, tasks } = await atWork({
      ...{ modelPolicy: { downgrade: [{ atBudgetPercent: 1, to: 'claude-haiku-4-5' }] }, budgetMicros: 1_000_000 },
      script: ({ messages }) => (said.push(JSON.stringify(messages)), { ...answer, thinking: 'A secret thought.' }),
    });
    const one = await begun(world, tasks['one']!);
    await call(world, one, 0);
    await call(world, one, 1);
    expect(said[1]).toContain('A secret thought.');
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    await budgets.reserve({ subjectIds: [world.okrRunId], key: 'other:1', micros: 20_000 });
    await budgets.settle({ key: 'other:1', micros: 20_000 });
    await call(world, one, 2);
    expect(world.model.requests().at(-1)).toMatchObject({ model: 'claude-haiku-4-5' });
    expect(said[2]).not.toContain('A secret thought.');
    expect(said[2]).toContain('I look.');
  });

  it('of a run under way is the one that it began with', async () => {
    const { world, tasks } = await atWork({ modelPolicy: { fallback: ['gpt-4.1'] }, script: () => away() });
    const one = await begun(world, tasks['one']!);
    await savePolicy(world, { fallback: ['claude-opus-5-5'] });
    for (const attempt of [1, 2, 3]) await failureOf(call(world, one, 0, attempt));
    await call(world, one, 0, 4);
    expect((await stepsOf(world, one))[0]).toMatchObject({ name: 'gpt-4.1' });
  });
});
