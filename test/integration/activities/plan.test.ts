import type { ApprovalId } from '@fermata/contracts';
import { createDatabase } from '@fermata/database';
import { editPlan, pauseRun, resumeRun } from '@fermata/database/orders';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planDrafted,
  planOf,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const plan = planOf(['one', 'two<one']);
const runRow = (world: ActivityWorld) => world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
const approvalRow = (world: ActivityWorld, id: ApprovalId) =>
  world.database.approval.findUniqueOrThrow({ where: { id } });
const tasksOf = (world: ActivityWorld) =>
  world.database.task.findMany({ where: { okrRunId: world.okrRunId }, orderBy: { position: 'asc' } });

async function adopted(options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, options);
  const agentRunId = await planDrafted(world, plan);
  const { okrRunId } = world;
  const { approvalId } = await world.run('adoptPlan', { okrRunId, agentRunId });
  return { world, okrRunId, agentRunId, approvalId };
}

describe('adopting a plan', () => {
  it('twice gives one set of rows and one question', async () => {
    const { world, okrRunId, agentRunId, approvalId } = await adopted();
    const before = (await tasksOf(world)).map(({ id }) => id);
    expect(await world.run('adoptPlan', { okrRunId, agentRunId }, { attempt: 2 })).toMatchObject({ approvalId });
    expect((await tasksOf(world)).map(({ id }) => id)).toEqual(before);
    expect(await world.database.approval.count({ where: { okrRunId } })).toBe(1);
    expect(await world.database.event.count({ where: { okrRunId, type: 'plan.drafted' } })).toBe(1);
    expect(await runRow(world)).toMatchObject({
      state: 'awaiting_approval',
      waitingOn: { kind: 'human', subjectId: approvalId },
    });
  });

  it('twice at once gives one set of rows too', async () => {
    const world = await createActivityWorld(held.database);
    const input = { okrRunId: world.okrRunId, agentRunId: await planDrafted(world, plan) };
    const [first, second] = await Promise.all([world.run('adoptPlan', input), world.run('adoptPlan', input)]);
    expect(first.approvalId).toBe(second.approvalId);
    expect(await world.database.event.count({ where: { okrRunId: world.okrRunId, type: 'plan.drafted' } })).toBe(1);
  });

  it('and carrying out its approval needs no connection besides its own, so that many at once do not wait for each other', async () => {
    const database = createDatabase({ url: held.url, poolSize: 1 });
    try {
      const world = await createActivityWorld(database);
      await planApproved(world, plan);
      expect((await runRow(world)).state).toBe('running');
    } finally {
      await database.close();
    }
  });

  it('asks nobody where the goal was approved in advance', async () => {
    const { world, okrRunId, approvalId } = await adopted({ approvalMode: 'auto' });
    expect(await approvalRow(world, approvalId)).toMatchObject({ state: 'approved', decidedBy: world.principalId });
    const settled = await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    expect(settled).toEqual({ outcome: 'approved' });
    expect((await runRow(world)).state).toBe('running');
  });

  it('of a planner that failed says why there is none', async () => {
    const world = await createActivityWorld(held.database);
    const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
    await world.run('beginAgentRun', { agentRunId });
    const failure = { code: 'provider_rejected', message: 'Too long.' } as const;
    await world.run('endAgentRun', { agentRunId, state: 'failed', failure });
    const refused = await failureOf(world.run('adoptPlan', { okrRunId: world.okrRunId, agentRunId }));
    expect(refused).toMatchObject({ type: 'provider_rejected', nonRetryable: true });
    expect(refused.message).toBe('No plan was made: Too long.');
  });

  it('of a paused run waits under the pause, and is asked about once it is resumed', async () => {
    const world = await createActivityWorld(held.database);
    const agentRunId = await planDrafted(world, plan);
    await pauseRun(world.database, world, world.okrRunId);
    await world.run('adoptPlan', { okrRunId: world.okrRunId, agentRunId });
    expect(await runRow(world)).toMatchObject({
      state: 'paused',
      pausedFrom: 'awaiting_approval',
      waitingOn: { detail: 'Paused. Resume it to go on.' },
    });
    await resumeRun(world.database, world, world.okrRunId);
    expect(await runRow(world)).toMatchObject({ state: 'awaiting_approval', waitingOn: { kind: 'human' } });
  });
});

describe('the answer about a plan', () => {
  it('approved lets the tasks wait for their turn, once', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await decide(world, approvalId, { state: 'approved' });
    for (const attempt of [1, 2])
      expect(await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false }, { attempt })).toEqual({
        outcome: 'approved',
      });
    expect((await runRow(world)).state).toBe('running');
    expect((await runRow(world)).startedAt).not.toBeNull();
    expect((await tasksOf(world)).map(({ waitingOn }) => (waitingOn as { kind: string }).kind)).toEqual([
      'slot',
      'dependency',
    ]);
    expect((await approvalRow(world, approvalId)).settledAt).not.toBeNull();
  });

  it('approved of a paused run is kept, with its start, until it is resumed', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await decide(world, approvalId, { state: 'approved' });
    await pauseRun(world.database, world, okrRunId);
    await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    expect(await runRow(world)).toMatchObject({ state: 'paused', pausedFrom: 'running' });
    expect((await runRow(world)).startedAt).not.toBeNull();
  });

  it('denied ends the run with its reason, and no task waits for anything any more', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await decide(world, approvalId, { state: 'denied', reason: 'Too dear.' });
    const decision = await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    expect(decision).toEqual({ outcome: 'denied', reason: 'Too dear.' });
    expect(await runRow(world)).toMatchObject({ state: 'denied', waitingOn: null });
    expect(await tasksOf(world)).toMatchObject([
      { state: 'cancelled', waitingOn: null },
      { state: 'cancelled', waitingOn: null },
    ]);
  });

  it('that nobody gave in time is no, also when it is asked for twice', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    for (const attempt of [1, 2])
      expect(await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: true }, { attempt })).toEqual({
        outcome: 'expired',
      });
    expect((await runRow(world)).state).toBe('denied');
    expect((await approvalRow(world, approvalId)).state).toBe('expired');
  });

  it('given just before the deadline wins over the deadline', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await decide(world, approvalId, { state: 'approved' });
    expect(await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: true })).toEqual({
      outcome: 'approved',
    });
  });

  it('about a plan that was edited since is void: the new question stands, and nobody is woken for the old one again', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await editPlan(world.database, world, {
      okrRunId,
      changes: { objective: { title: 'Better', description: 'More.' } },
    });
    const decision = await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    if (decision.outcome !== 'asked_again') throw new Error(decision.outcome);
    expect(decision.question.approvalId).not.toBe(approvalId);
    expect(await approvalRow(world, approvalId)).toMatchObject({ state: 'void' });
    expect((await approvalRow(world, approvalId)).settledAt).not.toBeNull();
    expect((await runRow(world)).state).toBe('awaiting_approval');
    await decide(world, decision.question.approvalId, { state: 'approved' });
    const settled = await world.run('settlePlanApproval', { okrRunId, ...decision.question, timedOut: false });
    expect(settled).toEqual({ outcome: 'approved' });
  });

  const betterObjective = { objective: { title: 'Better', description: 'More.' } };

  it.each(['approved', 'denied'] as const)(
    'that is %s stands: the plan is not edited under it before the run has read it',
    async (state) => {
      const { world, okrRunId, approvalId } = await adopted();
      await decide(world, approvalId, { state });
      await expect(editPlan(world.database, world, { okrRunId, changes: betterObjective })).rejects.toMatchObject({
        code: 'invalid_transition',
      });
      expect(await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false })).toMatchObject({
        outcome: state,
      });
      const { objectiveId } = await runRow(world);
      const { title } = await world.database.objective.findUniqueOrThrow({ where: { id: objectiveId! } });
      expect(title).toBe(plan.objective.title);
    },
  );

  it('given in advance stands too', async () => {
    const { world, okrRunId } = await adopted({ approvalMode: 'auto' });
    await expect(editPlan(world.database, world, { okrRunId, changes: betterObjective })).rejects.toMatchObject({
      code: 'invalid_transition',
    });
  });

  it('approves the plan that was shown and no other: where another stands now, it is asked about', async () => {
    const { world, okrRunId, approvalId } = await adopted();
    await editPlan(world.database, world, { okrRunId, changes: betterObjective });
    // As if the decision had come between the reading and the voiding of the question.
    await world.database.approval.update({ where: { id: approvalId }, data: { state: 'approved' } });
    const decision = await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    if (decision.outcome !== 'asked_again') throw new Error(decision.outcome);
    expect(await approvalRow(world, decision.question.approvalId)).toMatchObject({ state: 'pending' });
    expect((await approvalRow(world, approvalId)).settledAt).not.toBeNull();
    expect((await runRow(world)).state).toBe('awaiting_approval');
  });
});
