import { describe, expect, it } from 'vitest';
import { call, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();

function worldOfTasks(...names: string[]): World {
  const world = newWorld();
  world.gates = ['test'];
  for (const name of names) world.addTask(name);
  world.plan.keyResults.push({ keyResultId: world.keyResultId('a'), kind: 'command' });
  return world;
}

/** Approves the plan as soon as it is asked about. */
async function approve(world: World): Promise<void> {
  await world.asks(world.okrRunId, world.approvalId('plan'));
  await world.answer(world.approvalId('plan'), 'approved');
}

describe('a pause', () => {
  for (const { during, next } of [
    { during: 'loadOkrRun', next: 'queuePlanning' },
    { during: 'endAgentRun', next: 'adoptPlan' },
  ] as const) {
    it(`during ${during} holds before ${next}, and resuming goes on`, async () => {
      const world = worldOfTasks('a');
      const held = world.hold(during);
      await start.okrRun(world);
      await held.reached;
      await world.pause();
      held.release();
      await settle();
      expect(world.calls(next)).toEqual([]);
      await world.resume();
      await approve(world);
      expect(await world.result()).toEqual({ state: 'completed' });
    });
  }

  for (const { during, next } of [
    { during: 'settlePlanApproval', next: 'measureKeyResult' },
    { during: 'measureKeyResult', next: 'beginTask' },
    { during: 'settleTask', next: 'moveOkrRun' },
    { during: 'moveOkrRun', next: 'concludeOkrRun' },
  ] as const) {
    it(`during ${during} holds before ${next}, and resuming goes on`, async () => {
      const world = worldOfTasks('a');
      const held = world.hold(during);
      await start.okrRun(world);
      await approve(world);
      await held.reached;
      await world.pause();
      held.release();
      await settle();
      expect(world.calls(next)).toEqual([]);
      await world.saysPaused(world.okrRunId);
      await world.resume();
      expect(await world.result()).toEqual({ state: 'completed' });
    });
  }

  it('while the plan awaits approval takes the approval in, and holds', async () => {
    const world = worldOfTasks('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await world.pause();
    await world.answer(world.approvalId('plan'), 'approved');
    await settle();
    expect(world.calls('settlePlanApproval')).toEqual([]);
    await world.resume();
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('that ends while the plan awaits approval names the question again', async () => {
    const world = worldOfTasks('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await world.pause();
    // By the run twice, by its planner once.
    await world.called('readOrders', 3);
    await world.resume();
    await approve(world);
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('so short that nobody saw it still lets the row name the question', async () => {
    const world = worldOfTasks('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await Promise.all([world.pause(), world.resume()]);
    await approve(world);
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('starts no further task, and reaches the agents of those that run', async () => {
    const world = worldOfTasks('a', 'b', 'c');
    world.maxParallelTasks = 2;
    const [first, second] = [world.hold('prepareWorktree'), world.hold('prepareWorktree')];
    await start.okrRun(world);
    await approve(world);
    await Promise.all([first.reached, second.reached]);
    const before = world.calls('readOrders').length;
    await world.pause();
    await world.called('readOrders', before + 3);
    first.release();
    second.release();
    const [a, b] = world.inputs('beginTask').map(({ taskId }) => taskId);
    await world.saysPaused(a!);
    await world.saysPaused(b!);
    await settle();
    expect(world.calls('queueAgentRun').filter(({ input }) => !JSON.stringify(input).includes('plan'))).toEqual([]);
    expect(world.calls('beginTask')).toHaveLength(2);
    await world.resume();
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('that ends while an agent asks lets the row of the run name the question again', async () => {
    const world = worldOfTasks('a');
    const question = call('ask_human', 'control');
    world.script(world.agentRunId('a-work-0'), [question]);
    await start.okrRun(world);
    await approve(world);
    const approvalId = world.approvalId(question.callId);
    await world.asks(world.okrRunId, approvalId);
    const before = world.calls('readOrders').length;
    await world.pause();
    await world.called('readOrders', before + 3);
    await world.resume();
    await world.called('readOrders', before + 6);
    await world.asks(world.okrRunId, approvalId);
    world.decide(approvalId, 'approved', 'Blue.');
    await world.nudge(approvalId, start.client.workflow.getHandle(world.agentRunId('a-work-0')));
    expect(await world.result()).toEqual({ state: 'completed' });
  });
});

describe('a budget that is raised', () => {
  it('reaches the agent that waits for it, however deep', async () => {
    const world = worldOfTasks('a');
    await start.okrRun(world);
    world.hold('settlePlanApproval').release();
    await world.asks(world.okrRunId, world.approvalId('plan'));
    world.next('callModel', { outcome: 'over_budget', budgetId: 'bud_1', detail: 'Raise it.' });
    await approve(world);
    await world.says(world.okrRunId, { kind: 'budget', subjectId: 'bud_1' });
    await world.tellOrders();
    expect(await world.result()).toEqual({ state: 'completed' });
  });
});

describe('a cancel', () => {
  it('while the plan is drafted ends the planner', async () => {
    const world = worldOfTasks('a');
    const model = world.hold('callModel');
    await start.okrRun(world);
    await model.reached;
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled' });
    expect(world.inputs('endAgentRun')).toMatchObject([{ agentRunId: world.agentRunId('plan'), state: 'cancelled' }]);
    expect(world.steps.at(-1)).toBe('concludeCancelled');
  });

  it('while the plan awaits approval ends the run', async () => {
    const world = worldOfTasks('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled' });
    expect(world.calls('settlePlanApproval')).toEqual([]);
  });

  it('while tasks are worked on ends every agent, keeps every branch, settles every task, and then says so', async () => {
    const world = worldOfTasks('a', 'b', 'c');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    const [first, second] = [world.hold('callModel'), world.hold('callModel')];
    await approve(world);
    await Promise.all([first.reached, second.reached]);
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled' });
    expect(
      world
        .calls('callModel')
        .slice(-2)
        .map(({ state }) => state),
    ).toEqual(['cancelled', 'cancelled']);
    expect(world.inputs('endAgentRun').slice(-2)).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
    expect(world.calls('releaseWorktree')).toHaveLength(2);
    expect(world.inputs('settleTask').map(({ state }) => state)).toEqual(['partial_done', 'partial_done']);
    expect(world.calls('beginTask')).toHaveLength(2);
    expect(world.steps.at(-1)).toBe('concludeCancelled');
  });

  it('while a key result is measured ends the measuring', async () => {
    const world = worldOfTasks('a');
    const measuring = world.hold('measureKeyResult');
    await start.okrRun(world);
    await approve(world);
    await measuring.reached;
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled' });
    expect(world.calls('measureKeyResult').map(({ state }) => state)).toEqual(['cancelled']);
    expect(world.calls('beginTask')).toEqual([]);
  });

  it('while it is paused ends the run', async () => {
    const world = worldOfTasks('a');
    world.orders.paused = true;
    await start.okrRun(world);
    await world.saysPaused(world.okrRunId);
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled' });
  });

  it('of one task ends that task only', async () => {
    const world = worldOfTasks('a', 'b');
    world.changed = false;
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    const [first, second] = [world.hold('prepareWorktree'), world.hold('prepareWorktree')];
    await approve(world);
    await Promise.all([first.reached, second.reached]);
    world.cancelledTasks.add(world.taskId('a'));
    await world.tellOrders();
    await world.called('settleTask');
    expect(world.inputs('settleTask')).toMatchObject([{ taskId: world.taskId('a'), state: 'cancelled' }]);
    first.release();
    second.release();
    expect(await world.result()).toEqual({ state: 'failed' });
    expect(world.plan.tasks.map(({ state }) => state)).toEqual(['cancelled', 'done']);
  });
});
