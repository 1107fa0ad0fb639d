import { createStepRepository, repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { copyOfRun, gatewayCaller, likely } from '../../support/gateway-caller.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let caller: Awaited<ReturnType<typeof gatewayCaller>>;
const [callId, costMicros, heldMicros] = ['call-1', 7, 100];

const steps = () =>
  held.database.agentStep.findMany({ where: { agentRunId: caller.bearer.agentRunId }, orderBy: { index: 'asc' } });

/** Of each budget above the call: what is spent and held, and how its reservations stand. */
async function money() {
  const { workspaceId } = caller.bearer;
  const budgets = await held.database.budget.findMany({ where: { workspaceId } });
  const reservations = await held.database.budgetReservation.findMany({ where: { workspaceId } });
  return budgets.map(({ id, spentMicros, heldMicros: micros }) => ({
    ...{ spent: Number(spentMicros), held: Number(micros) },
    states: reservations.filter(({ budgetId }) => budgetId === id).map(({ state }) => state),
  }));
}

/** Of its workspace, agent and OKR run. */
const inEach = async (each: object) => expect(await money()).toEqual([each, each, each]);
const isHeldOnce = () => inEach({ spent: 0, held: heldMicros, states: ['held'] });
const isBookedOnce = () => inEach({ spent: costMicros, held: 0, states: ['settled'] });

async function told(type: string) {
  const events = await repositoriesFor(held.database, caller.bearer.workspaceId).events.after(0n);
  return events.filter((event) => event.type === type && event.agentRunId === caller.bearer.agentRunId).length;
}

beforeEach(async () => {
  caller = await gatewayCaller(held.database);
});

describe('a call that is begun', () => {
  it('twice is one step, of which both are told, and is held once', async () => {
    const stepId = await caller.begin(callId);
    expect(await caller.begin(callId)).toBe(stepId);
    expect(await steps()).toMatchObject([{ id: stepId, callId, state: 'started', modelChoice: { rule: 'agent' } }]);
    await isHeldOnce();
    expect(await told('step.started')).toBe(1);
  });

  it('many times at the same moment is one step, of which all are told, and is held once', async () => {
    const begun = await Promise.all(Array.from({ length: 8 }, () => caller.begin(callId)));
    const [step, ...more] = await steps();
    expect(more).toEqual([]);
    expect(new Set(begun)).toEqual(new Set([step!.id]));
    await isHeldOnce();
    expect(await told('step.started')).toBe(1);
  });

  it('among others at the same moment gets a step and a place of its own', async () => {
    const begun = await Promise.all(Array.from({ length: 8 }, (_, count) => caller.begin(`call-${count}`)));
    const all = await steps();
    expect(all.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(all.find(({ callId: id }) => id === 'call-3')?.id).toBe(begun[3]);
  });

  it('again when its money had been given back is held again, and is the same step', async () => {
    const stepId = await caller.begin(callId);
    await repositoriesFor(held.database, caller.bearer.workspaceId).budgets.releaseAll(`${caller.bearer.agentRunId}:`);
    await inEach({ spent: 0, held: 0, states: ['released'] });
    expect(await caller.begin(callId)).toBe(stepId);
    expect(await steps()).toHaveLength(1);
    await isHeldOnce();
    expect(await caller.end(callId, stepId)).toBe(true);
    await isBookedOnce();
  });

  it('twice is one step where no budget applies, too', async () => {
    const stepId = await caller.begin(callId, []);
    expect(await caller.begin(callId, [])).toBe(stepId);
    expect(await steps()).toMatchObject([{ id: stepId }]);
    expect(await caller.end(callId, stepId)).toBe(true);
    expect(await steps()).toMatchObject([{ state: 'succeeded', costMicros: BigInt(costMicros) }]);
  });
});

describe('a call that ends', () => {
  it.each([
    ['by its step', true],
    ['without its step, where nobody knows it', false],
  ])('%s is booked once', async (_, isKnown) => {
    const stepId = await caller.begin(callId);
    const told = isKnown ? stepId : undefined;
    expect([await caller.end(callId, told), await caller.end(callId, told)]).toEqual([true, false]);
    await isBookedOnce();
    expect(await steps()).toMatchObject([{ id: stepId, state: 'succeeded', costMicros: BigInt(costMicros) }]);
    const { costMicros: ofRun } = await held.database.agentRun.findUniqueOrThrow({
      where: { id: caller.bearer.agentRunId },
    });
    expect(ofRun).toBe(BigInt(costMicros));
  });

  it('at the same moment more than once is booked once', async () => {
    const stepId = await caller.begin(callId);
    const ends = await Promise.all([stepId, undefined, stepId, undefined].map((told) => caller.end(callId, told)));
    expect(ends.filter(Boolean)).toHaveLength(1);
    await isBookedOnce();
  });

  it('after its run leaves the step as the run did, and is booked', async () => {
    const stepId = await caller.begin(callId);
    const { agentRunId } = caller.bearer;
    await caller.runs.end(agentRunId, { state: 'cancelled', failure: null });
    await repositoriesFor(held.database, caller.bearer.workspaceId).budgets.releaseAll(`${agentRunId}:`);
    const [before] = await steps();
    expect(before).toMatchObject({ state: 'failed', costMicros: null });
    expect(await caller.end(callId, stepId)).toBe(true);
    expect(await steps()).toEqual([{ ...before, usage: likely, costMicros: BigInt(costMicros) }]);
    await isBookedOnce();
  });

  it('by a step that is not its own books nothing', async () => {
    const own = await caller.begin(callId);
    const another = await caller.begin('call-2');
    const stranger = await gatewayCaller(held.database);
    const strange = await stranger.begin(callId);
    const { workspaceId, agentRunId, okrRunId, taskId } = caller.bearer;
    const tool = { agentRunId, okrRunId, taskId, index: 9, kind: 'tool', name: 'read', callId } as const;
    const { id: ofTool } = await createStepRepository(held.database, workspaceId).start(tool);
    const otherRun = await copyOfRun(held.database, agentRunId);
    const before = [await steps(), await money()];
    for (const stepId of [another, strange, ofTool, 'stp_nowhere']) {
      expect(await caller.end(callId, stepId)).toBe(false);
    }
    expect(await caller.end(callId, own, { agentRunId: otherRun })).toBe(false);
    expect(await caller.end(callId, own, { workspaceId: stranger.bearer.workspaceId })).toBe(false);
    expect([await steps(), await money()]).toEqual(before);
    expect(await held.database.costEntry.count({ where: { workspaceId } })).toBe(0);
    expect(await caller.end(callId, own)).toBe(true);
  });
});

it('that nobody has ended is found with its step', async () => {
  const stepId = await caller.begin(callId);
  expect(await caller.calls.open(caller.bearer)).toMatchObject([{ callId, stepId, model: 'scripted' }]);
  await caller.end(callId, stepId);
  expect(await caller.calls.open(caller.bearer)).toEqual([]);
});
