import type { AgentRunId } from '@fermata/contracts';
import { createStepRepository, repositoriesFor } from '@fermata/database';
import { setBudget } from '@fermata/database/orders';
import type { Conversation } from '@fermata/scripted-model';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ActivityWorld, createActivityWorld, failureOf } from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const answer = {
  text: 'I look.',
  toolCalls: [{ name: 'list', input: {} }],
  usage: { inputTokens: 900, outputTokens: 50 },
};

async function planning(options: Parameters<typeof createActivityWorld>[1]) {
  const world = await createActivityWorld(held.database, options);
  const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
  await world.run('beginAgentRun', { agentRunId });
  return { world, agentRunId };
}

const budgetOf = (world: ActivityWorld) =>
  repositoriesFor(world.database, world.workspaceId).budgets.get(world.okrRunId);
const stepOf = (world: ActivityWorld, agentRunId: AgentRunId, index = 0) =>
  world.database.agentStep.findFirst({ where: { agentRunId, index } });
const costsOf = (world: ActivityWorld) => world.database.costEntry.findMany({ where: { okrRunId: world.okrRunId } });

describe('a model call', () => {
  it('has reserved its worst case while it is under way', async () => {
    let during: Awaited<ReturnType<typeof budgetOf>> | undefined;
    const { world, agentRunId } = await planning({
      script: async () => ((during = await budgetOf(world)), answer),
    });
    await world.run('callModel', { agentRunId, index: 0 });
    // The scripted model's answer of at most 1,000 tokens and the prompt, at its price.
    expect(during?.heldMicros).toBeGreaterThan(1_000);
    expect(during?.spentMicros).toBe(0);
  });

  it('leaves the answer, its cost and the settled budget behind', async () => {
    const { world, agentRunId } = await planning({ script: () => answer });
    const turn = await world.run('callModel', { agentRunId, index: 0 });
    expect(turn).toMatchObject({ outcome: 'answered', calls: [{ name: 'list', toolClass: 'idempotent' }] });
    const { facts } = await world.deps.modelNamed('scripted', world.workspaceId);
    const cost = Math.ceil((900 * facts.price.inputPerMillion + 50 * facts.price.outputPerMillion) / 1_000_000);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: cost });
    expect(await costsOf(world)).toMatchObject([{ inputTokens: 900, outputTokens: 50, costMicros: BigInt(cost) }]);
    expect(await stepOf(world, agentRunId)).toMatchObject({ state: 'succeeded', costMicros: BigInt(cost) });
    const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    expect(run).toMatchObject({ inputTokens: 900, costMicros: BigInt(cost) });
  });

  it('of which nothing comes says that the provider is waited for, until something does', async () => {
    const silentFor = 1_500;
    const { world, agentRunId } = await planning({
      script: () => ({ ...answer, delayMs: silentFor }),
      limits: { modelSilentAfterMs: 200 },
    });
    const rows = async () => {
      const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
      const { waitingOn } = await world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
      return { state: run.state, run: run.waitingOn, okrRun: waitingOn };
    };
    const silence = { kind: 'rate_limit', detail: expect.stringContaining('has sent nothing') as string };
    const called = world.run('callModel', { agentRunId, index: 0 });
    await sleep(silentFor / 2);
    expect(await rows()).toMatchObject({ state: 'waiting', run: silence, okrRun: silence });
    await called;
    expect(await rows()).toMatchObject({ state: 'running', run: { kind: 'work' }, okrRun: { kind: 'work' } });
  });

  it('whose answer is recorded is not made again', async () => {
    const { world, agentRunId } = await planning({ script: () => answer });
    const first = await world.run('callModel', { agentRunId, index: 0 });
    const again = await world.run('callModel', { agentRunId, index: 0 }, { attempt: 2 });
    expect(again).toEqual(first);
    expect(world.model.requests()).toHaveLength(1);
  });

  it('over the budget sends nothing, and goes on once the budget is raised', async () => {
    const { world, agentRunId } = await planning({ script: () => answer, budgetMicros: 10 });
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    const turn = await world.run('callModel', { agentRunId, index: 0 });
    expect(turn).toMatchObject({ outcome: 'over_budget', budgetId: (await budgetOf(world)).id });
    expect(turn).toHaveProperty('detail', expect.stringContaining('Raise it'));
    expect(turn).not.toHaveProperty('askAgainInMs');
    expect(world.model.requests()).toHaveLength(0);
    await budgets.setLimit({ subjectId: world.okrRunId, limitMicros: 1_000_000, setBy: world.principalId });
    expect(await world.run('callModel', { agentRunId, index: 0 })).toMatchObject({ outcome: 'answered' });
  });

  it('for which others hold the money waits for them, and does not ask for a raise', async () => {
    const { world, agentRunId } = await planning({ script: () => answer, budgetMicros: 200_000 });
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    await budgets.reserve({ subjectIds: [world.okrRunId], key: 'other:1', micros: 199_000 });
    const turn = await world.run('callModel', { agentRunId, index: 0 });
    expect(turn).toMatchObject({ outcome: 'over_budget', askAgainInMs: expect.any(Number) as number });
    expect(turn).toHaveProperty('detail', expect.not.stringContaining('Raise'));
    await budgets.settle({ key: 'other:1', micros: 100 });
    expect(await world.run('callModel', { agentRunId, index: 0 })).toMatchObject({ outcome: 'answered' });
  });

  it('over a limit of the day waits for its end, and goes on in the next one without a raise', async () => {
    const { world, agentRunId } = await planning({ script: () => answer });
    const { workspaceId: subjectId } = world;
    const order = { scope: 'workspace', subjectId, period: 'day', limitMicros: 200_000 } as const;
    const { budget } = await setBudget(world.database, world, order);
    const { budgets } = repositoriesFor(world.database, subjectId);
    await budgets.reserve({ subjectIds: [subjectId], key: 'other:1', micros: 199_000 });
    await budgets.settle({ key: 'other:1', micros: 199_000 });
    const turn = await world.run('callModel', { agentRunId, index: 0 });
    expect(turn).toMatchObject({
      ...{ outcome: 'over_budget', budgetId: budget.id },
      detail: expect.stringMatching(
        /the daily budget of the workspace .* when the day ends \(.* 00:00 UTC\)/,
      ) as string,
    });
    const { askAgainInMs } = turn as { askAgainInMs: number };
    const leftOfDay = 86_400_000 - (Date.now() % 86_400_000);
    expect(Math.abs(askAgainInMs - leftOfDay)).toBeLessThan(60_000);
    expect(world.model.requests()).toHaveLength(0);
    await held.admin.query('UPDATE budget_period SET began_on = began_on - 1 WHERE budget_id = $1', [budget.id]);
    expect(await world.run('callModel', { agentRunId, index: 0 })).toMatchObject({ outcome: 'answered' });
    const spent = (await budgets.get(subjectId)).spentMicros - 199_000;
    expect(spent).toBeGreaterThan(0);
    expect(await budgetOf(world)).toMatchObject({ spentMicros: spent, heldMicros: 0 });
  });

  it('refused before it began gives its reservation back, says when it is tried again, and goes on with the same step', async () => {
    let calls = 0;
    const { world, agentRunId } = await planning({
      script: () => ((calls += 1), calls === 1 ? { fail: { status: 429, retryAfter: 7 } } : answer),
    });
    const failure = await failureOf(world.run('callModel', { agentRunId, index: 0 }));
    expect(failure).toMatchObject({ type: 'provider_rate_limited', nonRetryable: false, nextRetryDelay: 7_000 });
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: 0 });
    expect(await stepOf(world, agentRunId)).toMatchObject({ state: 'started', attempt: 1 });
    const waiting = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    expect(waiting).toMatchObject({ state: 'waiting', waitingOn: { kind: 'rate_limit', releasableBy: ['provider'] } });
    expect(waiting.waitingOn).toHaveProperty('detail', expect.stringContaining('7 s'));
    const okrRun = await world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
    expect(okrRun.waitingOn).toMatchObject({ kind: 'rate_limit' });

    // The seven seconds are over.
    await world.database.modelProviderHealth.updateMany({ data: { retryNotBefore: new Date() } });
    expect(await world.run('callModel', { agentRunId, index: 0 }, { attempt: 2 })).toMatchObject({
      outcome: 'answered',
    });
    expect(await stepOf(world, agentRunId)).toMatchObject({ state: 'succeeded', attempt: 2 });
    const after = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    expect(after).toMatchObject({ state: 'running', waitingOn: { kind: 'work' } });
  });

  it.each([
    ['cut', { cutAfterChunks: 1 }],
    ['ended without its last event', { endAfterChunks: 1 }],
  ])('whose answer was %s books what the prompt has cost, as an estimate', async (_name, stream) => {
    let calls = 0;
    const { world, agentRunId } = await planning({
      script: () => ((calls += 1), calls === 1 ? { ...answer, stream: { chunkSize: 2, ...stream } } : answer),
    });
    const failure = await failureOf(world.run('callModel', { agentRunId, index: 0 }));
    expect(failure).toMatchObject({ type: 'provider_stream_broken', nonRetryable: false });
    const broken = await budgetOf(world);
    expect(broken.heldMicros).toBe(0);
    expect(broken.spentMicros).toBeGreaterThan(0);
    expect(await costsOf(world)).toMatchObject([{ estimated: true, costMicros: BigInt(broken.spentMicros) }]);
    await world.run('callModel', { agentRunId, index: 0 }, { attempt: 2 });
    const costs = await costsOf(world);
    expect(costs.map(({ estimated }) => estimated).sort()).toEqual([false, true]);
    const sum = costs.reduce((total, { costMicros }) => total + Number(costMicros), 0);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: sum });
    const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    expect(Number(run.costMicros)).toBe(sum);
  });

  it('cancelled while the answer comes ends the connection and books an estimate', async () => {
    const { world, agentRunId } = await planning({
      script: () => ({ ...answer, stream: { chunkSize: 1, chunkDelayMs: 200, stallAfterChunks: 10 } }),
    });
    const failure = failureOf(
      world.run(
        'callModel',
        { agentRunId, index: 0 },
        {
          watch: (environment) => environment.once('heartbeat', () => environment.cancel()),
        },
      ),
    ).catch((error: unknown) => error);
    expect(await failure).toMatchObject({ name: 'CancelledFailure' });
    const { heldMicros, spentMicros } = await budgetOf(world);
    expect(heldMicros).toBe(0);
    expect(spentMicros).toBeGreaterThan(0);
  });

  it('lost with its worker books what the prompt has cost, as an estimate, and is made again', async () => {
    const { world, agentRunId } = await planning({ script: () => answer });
    const { okrRunId, workspaceId } = world;
    // What an attempt leaves that was killed while it waited for the answer.
    await createStepRepository(world.database, workspaceId).startPaid(
      { agentRunId, okrRunId, taskId: null, index: 0, kind: 'model', name: 'scripted' },
      { subjectIds: [okrRunId], key: `${agentRunId}:0`, micros: 1_000 },
    );
    expect(await world.run('callModel', { agentRunId, index: 0 }, { attempt: 2 })).toMatchObject({
      outcome: 'answered',
    });
    const costs = await costsOf(world);
    expect(costs.map(({ estimated }) => estimated).sort()).toEqual([false, true]);
    expect(costs.find(({ estimated }) => estimated)).toMatchObject({ outputTokens: 0 });
    const sum = costs.reduce((total, { costMicros }) => total + Number(costMicros), 0);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: sum });
  });

  it('answered after its run was ended is paid for all the same', async () => {
    const meanwhile: (() => Promise<unknown>)[] = [];
    const { world, agentRunId } = await planning({ script: async () => (await meanwhile[0]?.(), answer) });
    meanwhile.push(() => world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null }));
    expect(await failureOf(world.run('callModel', { agentRunId, index: 0 }))).toMatchObject({ type: 'conflict' });
    const [entry] = await costsOf(world);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: Number(entry?.costMicros) });
    expect(Number(entry?.costMicros)).toBeGreaterThan(0);
    expect(await stepOf(world, agentRunId)).toMatchObject({ state: 'failed' });
  });

  it('of a run that has ended is not made', async () => {
    const { world, agentRunId } = await planning({ script: () => answer });
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    const failure = await failureOf(world.run('callModel', { agentRunId, index: 0 }));
    expect(failure).toMatchObject({ type: 'conflict', nonRetryable: true });
    expect(world.model.requests()).toHaveLength(0);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0 });
  });

  it('made twice at once gives both callers the one recorded answer, and books both', async () => {
    let calls = 0;
    const script = async (): Promise<typeof answer> => {
      const mine = (calls += 1);
      await sleep(mine === 1 ? 300 : 0);
      return { ...answer, toolCalls: [{ name: mine === 1 ? 'glob' : 'list', input: {} }] };
    };
    const { world, agentRunId } = await planning({ script: (_: Conversation) => script() });
    const slow = world.run('callModel', { agentRunId, index: 0 });
    await expect.poll(() => calls).toBe(1);
    const [first, second] = await Promise.all([slow, world.run('callModel', { agentRunId, index: 0 }, { attempt: 2 })]);
    expect(first).toEqual(second);
    const costs = await costsOf(world);
    expect(costs).toHaveLength(2);
    const sum = costs.reduce((total, { costMicros }) => total + Number(costMicros), 0);
    expect(await budgetOf(world)).toMatchObject({ heldMicros: 0, spentMicros: sum });
  });

  it('the provider refused for good leaves no step open once the run has ended', async () => {
    const { world, agentRunId } = await planning({ script: () => ({ fail: { status: 400, message: 'too long' } }) });
    const failure = await failureOf(world.run('callModel', { agentRunId, index: 0 }));
    expect(failure).toMatchObject({ type: 'provider_rejected', nonRetryable: true });
    const end = { code: 'provider_rejected', message: failure.message } as const;
    await world.run('endAgentRun', { agentRunId, state: 'failed', failure: end });
    const step = await stepOf(world, agentRunId);
    expect(step).toMatchObject({ state: 'failed', failure: { code: 'provider_rejected' } });
    expect(step?.endedAt).not.toBeNull();
  });

  it('the model declined ends the run also when it is looked at again', async () => {
    const { world, agentRunId } = await planning({ script: () => ({ text: 'No.', stopReason: 'refusal' }) });
    for (const attempt of [1, 2]) {
      const failure = await failureOf(world.run('callModel', { agentRunId, index: 0 }, { attempt }));
      expect(failure).toMatchObject({ type: 'provider_rejected', nonRetryable: true });
    }
    expect(world.model.requests()).toHaveLength(1);
  });
});
