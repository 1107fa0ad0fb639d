import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { call, eventually, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const lone = (world: World) => world.agentRunId('lone');
const child = (world: World, index = 1) => world.agentRunId(`lone-subtask-${index}`);
const spawn = () => call('spawn_task', 'control');
const succeeded = { state: 'succeeded', failure: null };
const endOf = (world: World, id: string) =>
  world.inputs('endAgentRun').filter(({ agentRunId }) => (agentRunId as string) === id);

describe('a subtask', () => {
  it('runs as a child to its end, and its parent goes on with its result', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    world.script(child(world), [call('write', 'idempotent')]);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.steps).toEqual([
      ...['beginAgentRun', 'callModel', 'spawnTask'],
      ...['beginAgentRun', 'callModel', 'runTool', 'callModel', 'acceptResult', 'endAgentRun'],
      ...['recordSubtask', 'callModel', 'acceptResult', 'endAgentRun'],
    ]);
    expect(world.inputs('recordSubtask')).toMatchObject([
      { agentRunId: lone(world), index: 1, childRunId: child(world) },
    ]);
  });

  it('is what its parent says it waits for', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    await start.agentRun(world, 'lone');
    const working = world.hold('callModel');
    // The first call is the parent's own.
    await working.reached;
    const childWorking = world.hold('callModel');
    working.release();
    await childWorking.reached;
    await world.says(lone(world), {
      ...{ kind: 'dependency', subjectId: child(world), releasableBy: ['fermata'] },
      detail: 'Waits for its subtask: Look into it',
    });
    childWorking.release();
    expect(await world.result()).toEqual(succeeded);
  });

  it('that is refused is not begun, and its parent goes on', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    world.next('spawnTask', { outcome: 'refused' });
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('beginAgentRun')).toHaveLength(1);
    expect(world.calls('recordSubtask')).toEqual([]);
    expect(world.calls('recordWaiting')).toEqual([]);
  });

  it('that fails does not fail its parent', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    world.next('callModel', { outcome: 'answered', calls: [spawn()] });
    world.nextDoes('callModel', async ({ agentRunId }) => {
      expect(agentRunId).toBe(child(world));
      throw ApplicationFailure.nonRetryable('The key is refused.', 'provider_unauthorized');
    });
    await start.agentRun(world, 'lone');
    await world.called('recordSubtask');
    expect(endOf(world, child(world))).toMatchObject([{ state: 'failed', failure: { code: 'provider_unauthorized' } }]);
    await eventually(() => expect(endOf(world, lone(world))).toMatchObject([{ state: 'succeeded' }]));
  });

  it('that is ended from outside is settled, and its parent goes on', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    const spawning = world.hold('spawnTask');
    await start.agentRun(world, 'lone');
    await spawning.reached;
    const working = world.hold('callModel');
    spawning.release();
    await working.reached;
    await start.client.workflow.getHandle(child(world)).terminate('by hand');
    working.release();
    expect(await world.handle?.result()).toEqual(succeeded);
    expect(endOf(world, child(world))).toMatchObject([{ state: 'failed' }]);
    expect(world.calls('recordSubtask')).toHaveLength(1);
  });

  it('follows another in the order they were asked for, so that no two write at once', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn(), spawn(), call('read', 'idempotent')]);
    const first = world.hold('recordSubtask');
    await start.agentRun(world, 'lone');
    await first.reached;
    await settle();
    expect(world.calls('spawnTask')).toHaveLength(1);
    expect(world.calls('runTool')).toEqual([]);
    first.release();
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('spawnTask').map(({ index }) => index)).toEqual([1, 2]);
    const ended = world.inputs('endAgentRun').map(({ agentRunId }) => agentRunId);
    expect(ended).toEqual([child(world, 1), child(world, 2), lone(world)]);
  });

  it('does not count as work of its parent', async () => {
    const world = newWorld();
    const { hostQueue } = world;
    const setup = { kind: 'work', runtime: 'api', hostQueue, maxSteps: 50, nextIndex: 0, ended: null } as const;
    world.next('beginAgentRun', { ...setup, maxWorkMs: 8_000 });
    world.script(lone(world), [spawn()]);
    const slow = world.hold('acceptResult');
    await start.agentRun(world, 'lone');
    await slow.reached;
    await new Promise((resolve) => setTimeout(resolve, 8_500));
    slow.release();
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('askToContinue')).toEqual([]);
  });
});

/** Whose tool is held. */
async function subtaskAtWork() {
  const world = newWorld();
  world.script(lone(world), [spawn()]);
  world.script(child(world), [call('bash', 'unsafe')]);
  const working = world.hold('runTool');
  await start.agentRun(world, 'lone');
  await working.reached;
  return { world, working };
}

describe('orders', () => {
  it('to cancel end the subtask first, and then its parent', async () => {
    const { world } = await subtaskAtWork();
    await world.cancel();
    expect(await world.handle?.result()).toMatchObject({ state: 'cancelled' });
    const ends = world.inputs('endAgentRun').map(({ agentRunId, state }) => [agentRunId, state]);
    expect(ends).toEqual([
      [child(world), 'cancelled'],
      [lone(world), 'cancelled'],
    ]);
    expect(world.calls('recordSubtask')).toEqual([]);
  });

  it('to pause hold the subtask, and to resume let it go on', async () => {
    const { world, working } = await subtaskAtWork();
    const read = () => world.calls('readOrders').filter(({ state }) => state === 'done').length;
    const before = read();
    await world.pause();
    // The parent has read the order, and then the subtask that it was passed on to.
    await eventually(() => expect(read()).toBe(before + 2));
    working.release();
    await world.saysPaused(child(world));
    await settle();
    expect(world.calls('acceptResult')).toEqual([]);
    await world.says(lone(world), { kind: 'dependency', subjectId: child(world) });
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('recordSubtask')).toHaveLength(1);
  });

  it('that raise a budget reach the subtask that waits for it', async () => {
    const world = newWorld();
    world.script(lone(world), [spawn()]);
    const begun = world.hold('spawnTask');
    await start.agentRun(world, 'lone');
    await begun.reached;
    world.next('callModel', { outcome: 'over_budget', budgetId: 'bud_1', detail: 'Raise it to go on.' });
    begun.release();
    await world.says(child(world), { kind: 'budget', subjectId: 'bud_1' });
    await settle();
    await world.says(lone(world), { kind: 'dependency', subjectId: child(world) });
    await world.tellOrders();
    expect(await world.result()).toEqual(succeeded);
  });
});
