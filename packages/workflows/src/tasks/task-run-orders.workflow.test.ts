import { describe, expect, it } from 'vitest';
import { settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const done = { state: 'done', failure: null };
const failing = (name: string) => ({ name, state: 'failed', exitCode: 1, durationMs: 1, tail: 'broken' }) as const;

function worldOfTask(): World {
  const world = newWorld();
  world.gates = ['test'];
  world.addTask('a');
  return world;
}

const a = (world: World) => world.taskId('a');

describe('a pause', () => {
  for (const { during, next } of [
    { during: 'beginTask', next: 'prepareWorktree' },
    { during: 'prepareWorktree', next: 'queueAgentRun' },
    { during: 'endAgentRun', next: 'inspectChange' },
    { during: 'inspectChange', next: 'runGate' },
    { during: 'runGate', next: 'recordReview' },
    { during: 'recordReview', next: 'publishChange' },
  ] as const) {
    it(`during ${during} holds before ${next}, says so, and resuming goes on`, async () => {
      const world = worldOfTask();
      const held = world.hold(during);
      await start.taskRun(world, 'a');
      await held.reached;
      await world.pause();
      held.release();
      await world.saysPaused(a(world));
      await settle();
      expect(world.calls(next)).toEqual([]);
      await world.resume();
      expect(await world.result()).toEqual(done);
    });
  }

  it('reaches the agent of the task', async () => {
    const world = worldOfTask();
    const model = world.hold('callModel');
    await start.taskRun(world, 'a');
    await model.reached;
    await world.pause();
    // Twice by the task, twice by its agent: at the start, and when told.
    await world.called('readOrders', 4);
    model.release();
    await world.saysPaused(world.agentRunId('a-work-0'));
    expect(world.calls('acceptResult')).toEqual([]);
    await world.resume();
    expect(await world.result()).toEqual(done);
  });
});

describe('a cancel', () => {
  for (const during of ['prepareWorktree', 'callModel', 'inspectChange', 'runGate', 'prepareLanding'] as const) {
    it(`during ${during} ends it, keeps the branch and settles the task`, async () => {
      const world = worldOfTask();
      const held = world.hold(during);
      await start.taskRun(world, 'a');
      await held.reached;
      world.cancelledTasks.add(a(world));
      await world.tellOrders();
      expect(await world.result()).toEqual({ state: 'partial_done', failure: null });
      expect(world.calls(during)[0]?.state).toBe('cancelled');
      expect(world.steps.slice(-2)).toEqual(['releaseWorktree', 'settleTask']);
      if (during === 'callModel') expect(world.inputs('endAgentRun')[0]?.state).toBe('cancelled');
      if (during === 'prepareLanding')
        expect(world.inputs('moveChangeRequest').map(({ to }) => to)).toEqual(['closed']);
    });
  }

  it('of a task without changes ends as cancelled', async () => {
    const world = worldOfTask();
    world.changed = false;
    const worktree = world.hold('prepareWorktree');
    await start.taskRun(world, 'a');
    await worktree.reached;
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled', failure: null });
  });

  it('before the first step still settles the task', async () => {
    const world = worldOfTask();
    world.changed = false;
    world.orders.cancelled = true;
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual({ state: 'cancelled', failure: null });
    expect(world.calls('prepareWorktree')).toEqual([]);
  });

  it('while a question is open ends the task', async () => {
    const world = worldOfTask();
    world.maxRepairRounds = 0;
    world.next('runGate', failing('test'));
    await start.taskRun(world, 'a');
    await world.asks(a(world), world.approvalId('a-gates0'));
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'partial_done', failure: null });
  });

  it('by the parent ends the children and settles the task', async () => {
    const world = worldOfTask();
    const tool = world.hold('callModel');
    const run = await start.taskRun(world, 'a');
    await tool.reached;
    await run.cancel();
    expect(await world.result()).toEqual({ state: 'partial_done', failure: null });
    expect(world.inputs('endAgentRun')).toMatchObject([{ state: 'cancelled' }]);
  });

  it('that comes when the change has been merged leaves it merged', async () => {
    const world = worldOfTask();
    const landing = world.hold('completeLanding');
    await start.taskRun(world, 'a');
    await landing.reached;
    await world.cancel();
    await settle();
    landing.release();
    expect(await world.result()).toEqual(done);
  });
});
