import type { CallPolicy } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import type { ScriptedReply } from '@fermata/scripted-model';
import { describe, expect, it, vi } from 'vitest';
import { type ActivityWorld, createActivityWorld, type WorldOptions } from '../../support/activity-world.js';
import { Barrier } from '../../support/model.js';
import { useDatabase } from '../../support/postgres.js';
import { programAtWork } from '../../support/program-at-work.js';
import { until } from '../../support/until.js';

const held = useDatabase({ poolSize: 20 });
const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 0, cacheWriteTokens: 0 };
const yes = { text: 'Yes.', usage };
/** 1000 in and 100 out: of `scripted` at 3 and 15 micro-USD, of the cheaper one at 1 and 5. */
const cost = { scripted: 4_500n, cheaper: 1_500n };
const cheaper = 'claude-haiku-4-5';
const request = { model: 'scripted', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Go on.' }] };
const away = (status = 503): ScriptedReply => ({ fail: { status } });

interface Options extends WorldOptions {
  modelPolicy?: CallPolicy | null;
  /** What `scripted` says when it is asked; the other models answer. */
  says?: () => ScriptedReply;
  /** What the others say. */
  others?: () => ScriptedReply | Promise<ScriptedReply>;
}

async function openWorld({
  modelPolicy = { fallback: [cheaper] },
  says = () => yes,
  others = () => yes,
  ...options
}: Options = {}) {
  const script: WorldOptions['script'] = ({ model }) => (model === 'scripted' ? says() : others());
  const world = await createActivityWorld(held.database, { script, budgetMicros: 10_000_000, ...options });
  const program = await programAtWork(world, modelPolicy);
  return { ...world, ...program, ask: () => program.client.messages.create(request) };
}

type World = Awaited<ReturnType<typeof openWorld>>;

const asked = ({ model }: World) => model.requests().map((one) => one.model);
const stepsOf = ({ agentRunId }: World) =>
  held.database.agentStep.findMany({ where: { agentRunId }, orderBy: { index: 'asc' } });
const chosenIn = async ({ workspaceId }: World) =>
  (await repositoriesFor(held.database, workspaceId).events.after(0n)).filter(({ type }) => type === 'model.chosen');

/** The answer is with the client before it is in the books. */
const booked = (world: World, answers: number) =>
  until('the calls are booked', async () => {
    const steps = await stepsOf(world);
    return (
      steps.filter(({ state }) => state === 'succeeded').length === answers && steps.every(({ endedAt }) => endedAt)
    );
  });

const moneyOf = async ({ workspaceId, okrRunId }: ActivityWorld) => {
  const { spentMicros, heldMicros } = await repositoriesFor(held.database, workspaceId).budgets.get(okrRunId);
  return { spentMicros: BigInt(spentMicros), heldMicros };
};

/** The holds of the calls on the run's own budget, as they were made. */
async function holdsOf({ workspaceId, okrRunId, agentRunId }: World) {
  const { id: budgetId } = await repositoriesFor(held.database, workspaceId).budgets.get(okrRunId);
  const rows = await held.database.budgetReservation.findMany({ where: { budgetId }, orderBy: { createdAt: 'asc' } });
  expect(rows.every(({ key }) => key.startsWith(`${agentRunId}:gateway:`))).toBe(true);
  return rows.map(({ state, settledMicros }) => [state, settledMicros]);
}

async function spend({ workspaceId, okrRunId }: World, micros: number) {
  const { budgets } = repositoriesFor(held.database, workspaceId);
  await budgets.reserve({ subjectIds: [okrRunId], key: 'other:1', micros });
  await budgets.settle({ key: 'other:1', micros });
}

/** As the failures of other runs have left it. */
async function openCircuit({ model }: ActivityWorld, name = 'scripted') {
  const soon = new Date(Date.now() + 60_000);
  const circuit = { circuit: 'open', failures: 5, openForMs: 60_000, openUntil: soon, reason: 'HTTP 529' };
  const place = { host: new URL(model.url).host, model: name, provider: 'scripted' };
  await held.database.modelProviderHealth.create({ data: { ...place, ...circuit, updatedAt: new Date() } });
}

describe('the policy of a run whose agent is a program', () => {
  it('sends a call past an open circuit to the next model of the chain, and comes back when it is closed', async () => {
    const world = await openWorld();
    await openCircuit(world);
    expect((await world.ask()).content).toMatchObject([{ text: 'Yes.' }]);
    await booked(world, 1);
    await world.ask();
    await booked(world, 2);
    expect(asked(world)).toEqual([cheaper, cheaper]);
    const choice = { model: cheaper, rule: 'fallback', reason: 'scripted cannot be had: HTTP 529.' };
    expect(await stepsOf(world)).toMatchObject([
      { name: cheaper, state: 'succeeded', costMicros: cost.cheaper, modelChoice: choice },
      { name: cheaper, modelChoice: choice },
    ]);
    expect(await holdsOf(world)).toEqual([
      ['settled', cost.cheaper],
      ['settled', cost.cheaper],
    ]);
    expect((await chosenIn(world)).map(({ data }) => data)).toEqual([{ ...choice, insteadOf: 'scripted' }]);

    await held.database.modelProviderHealth.updateMany({ data: { openUntil: new Date() } });
    await world.ask();
    await booked(world, 3);
    expect(asked(world).at(-1)).toBe('scripted');
    expect((await chosenIn(world)).map(({ data }) => data['model'])).toEqual([cheaper, 'scripted']);
  });

  it('asks the next model when one answers 503, with the money of the first given back before', async () => {
    const barrier = new Barrier();
    const others = async () => (await barrier.pass(), yes);
    const world = await openWorld({ says: () => away(503), others });
    const answer = world.ask();
    await barrier.arrived;
    const sent = Buffer.byteLength(JSON.stringify({ ...request, model: cheaper })) + 1_000;
    expect(await moneyOf(world)).toEqual({ spentMicros: 0n, heldMicros: Math.ceil(sent * 1.25 + 100 * 5) });
    barrier.lift();
    await answer;
    await booked(world, 1);
    expect(asked(world)).toEqual(['scripted', cheaper]);
    expect(await stepsOf(world)).toMatchObject([
      { name: 'scripted', state: 'failed', costMicros: 0n, modelChoice: { rule: 'agent' } },
      {
        ...{ name: cheaper, state: 'succeeded', costMicros: cost.cheaper },
        modelChoice: { rule: 'fallback', reason: 'scripted cannot be had: HTTP 503.' },
      },
    ]);
    expect(await holdsOf(world)).toEqual([
      ['settled', 0n],
      ['settled', cost.cheaper],
    ]);
    expect(await moneyOf(world)).toEqual({ spentMicros: cost.cheaper, heldMicros: 0 });
    expect(await held.database.costEntry.count({ where: { agentRunId: world.agentRunId } })).toBe(1);
  });

  it('does so within a budget that has room for one call only', async () => {
    const world = await openWorld({ says: () => away(503), budgetMicros: 6_000 });
    expect((await world.ask()).content).toMatchObject([{ text: 'Yes.' }]);
  });

  it('does not ask a provider again in the run that has turned it away', async () => {
    const world = await openWorld({ says: () => away(401) });
    await world.ask();
    await booked(world, 1);
    await world.ask();
    await booked(world, 2);
    expect(asked(world)).toEqual(['scripted', cheaper, cheaper]);
    const [, second, third] = await stepsOf(world);
    for (const step of [second, third]) expect(step?.modelChoice).toMatchObject({ refused: ['scripted'] });
  });

  it('goes on with a cheaper model once so much of the budget is spent', async () => {
    const world = await openWorld({ modelPolicy: { downgrade: [{ atBudgetPercent: 80, to: cheaper }] } });
    await world.ask();
    await booked(world, 1);
    await spend(world, 8_000_000);
    await world.ask();
    await booked(world, 2);
    expect(asked(world)).toEqual(['scripted', cheaper]);
    expect(await stepsOf(world)).toMatchObject([
      { costMicros: cost.scripted, modelChoice: { rule: 'agent' } },
      { costMicros: cost.cheaper, modelChoice: { rule: 'downgrade', reason: '80 % of the budget is spent.' } },
    ]);
    expect((await chosenIn(world)).map(({ data }) => data)).toEqual([
      { model: cheaper, rule: 'downgrade', reason: '80 % of the budget is spent.', insteadOf: 'scripted' },
    ]);
  });

  it('passes over a model that the protocol of the program does not reach, and says so where it is read', async () => {
    const world = await openWorld({ modelPolicy: { fallback: ['gpt-4.1'] }, says: () => away(503) });
    await expect(world.ask()).rejects.toMatchObject({ status: 503 });
    const said = 'gpt-4.1 is passed over: The model "gpt-4.1" is to be had by';
    await until('the call is booked', async () => (await stepsOf(world))[0]?.endedAt);
    const [step] = await stepsOf(world);
    expect(step?.failure).toMatchObject({ message: expect.stringContaining(said) as string });
    const { host } = new URL(world.model.url);
    await until('its failure is known', () => held.database.modelProviderHealth.findFirst({ where: { host } }));
    await held.database.modelProviderHealth.deleteMany();
    await openCircuit(world);
    const leaving = new AbortController();
    const call = world.client.messages.create(request, { signal: leaving.signal }).catch(() => 'left');
    await until('the run waits', async () => (await world.runs.get(world.agentRunId)).state === 'waiting');
    const { waitingOn } = await world.runs.get(world.agentRunId);
    expect(waitingOn).toMatchObject({ detail: expect.stringContaining(said) as string });
    leaving.abort();
    await call;
    const both = await openWorld({ modelPolicy: { fallback: ['gpt-4.1', cheaper] }, says: () => away(503) });
    await both.ask();
    await booked(both, 1);
    const reason = expect.stringContaining(`scripted cannot be had: HTTP 503. ${said}`) as string;
    expect((await stepsOf(both))[1]).toMatchObject({ name: cheaper, modelChoice: { reason } });
  });

  it('waits for a limit, and asks no other', async () => {
    const world = await openWorld({ says: () => ({ fail: { status: 429, retryAfter: 60 } }) });
    await expect(world.ask()).rejects.toMatchObject({ status: 429 });
    expect(asked(world)).toEqual(['scripted']);
  });

  it('does not repeat an answer that broke off', async () => {
    const text = 'in many pieces, '.repeat(20);
    const world = await openWorld({ says: () => ({ text, stream: { cutAfterChunks: 3 } }) });
    await expect(world.client.messages.stream(request).finalMessage()).rejects.toThrow();
    await until('the call is booked', async () => (await stepsOf(world))[0]?.endedAt);
    expect(asked(world)).toEqual(['scripted']);
    expect(await holdsOf(world)).toHaveLength(1);
  });
});

describe('a run without a policy', () => {
  it('asks the database nothing more for a call, and one with a policy once more', async () => {
    const statements = vi.spyOn(held.database, 'ask');
    const count = async (world: World) => {
      await world.ask();
      await booked(world, 1);
      statements.mockClear();
      await world.ask();
      await booked(world, 2);
      return statements.mock.calls.map(([{ name }]) => name);
    };
    const plain = ['begin_token_call', 'end_gateway_call'];
    expect(await count(await openWorld({ modelPolicy: null }))).toEqual(plain);
    expect(await count(await openWorld())).toEqual(['gateway_run_so_far', ...plain]);
    const [step] = await stepsOf(await openWorld({ modelPolicy: null }));
    expect(step?.modelChoice ?? null).toBeNull();
    statements.mockRestore();
  });
});
