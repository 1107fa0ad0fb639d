import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { eventually, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();

/** A plan of tasks, each as `name` or `name < dependency`, with the plan approved at once. */
function worldOfPlan(...tasks: string[]): World {
  const world = newWorld();
  world.gates = ['test'];
  for (const task of tasks) {
    const [name = '', ...dependsOn] = task.split(/ < | /);
    world.addTask(name, dependsOn);
  }
  world.plan.keyResults.push({ keyResultId: world.keyResultId('a'), kind: 'command' });
  return world;
}

async function approve(world: World): Promise<void> {
  await world.asks(world.okrRunId, world.approvalId('plan'));
  await world.answer(world.approvalId('plan'), 'approved');
}

const began = (world: World) => world.inputs('beginTask').map(({ taskId }) => taskId.split('-')[1]);

describe('a plan', () => {
  it('that is approved is measured, worked on, measured again and reported, in this order', async () => {
    const world = worldOfPlan('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await settle();
    expect(world.calls('measureKeyResult')).toEqual([]);
    await approve(world);
    expect(await world.result()).toEqual({ state: 'completed' });
    const milestones = [
      'queuePlanning',
      'adoptPlan',
      'settlePlanApproval',
      'measureKeyResult',
      'beginTask',
      'settleTask',
    ];
    expect(world.steps.filter((step) => [...milestones, 'moveOkrRun', 'concludeOkrRun'].includes(step))).toEqual([
      'queuePlanning',
      'adoptPlan',
      'settlePlanApproval',
      'measureKeyResult',
      'beginTask',
      'settleTask',
      'moveOkrRun',
      'measureKeyResult',
      'concludeOkrRun',
    ]);
    expect(world.inputs('measureKeyResult').map(({ phase }) => phase)).toEqual(['baseline', 'final']);
  });

  it('that was approved before anybody waited goes on', async () => {
    const world = worldOfPlan('a');
    const approvalId = world.openApproval('plan');
    const adopting = world.hold('adoptPlan');
    await start.okrRun(world);
    await adopting.reached;
    await world.answer(approvalId, 'approved');
    adopting.release();
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('that is denied ends the run, with nothing measured', async () => {
    const world = worldOfPlan('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await world.answer(world.approvalId('plan'), 'denied');
    expect(await world.result()).toEqual({ state: 'denied' });
    expect(world.calls('measureKeyResult')).toEqual([]);
    expect(world.calls('beginTask')).toEqual([]);
  });

  it('that nobody answers in time is denied', async () => {
    const world = worldOfPlan('a');
    world.expiresInMs = 300;
    await start.okrRun(world);
    expect(await world.result()).toEqual({ state: 'denied' });
    expect(world.inputs('settlePlanApproval')).toMatchObject([{ timedOut: true }]);
  });

  it('that is edited is asked anew, and the new question decides', async () => {
    const world = worldOfPlan('a');
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    await world.answer(world.approvalId('plan'), 'void');
    await world.asks(world.okrRunId, world.approvalId('replan'));
    await world.answer(world.approvalId('plan'), 'approved');
    await settle();
    expect(world.calls('measureKeyResult')).toEqual([]);
    await world.answer(world.approvalId('replan'), 'approved');
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('is not asked about again and again after a nudge without a decision', async () => {
    const world = worldOfPlan('a');
    await start.okrRun(world);
    const approvalId = world.approvalId('plan');
    await world.asks(world.okrRunId, approvalId);
    await world.nudge(approvalId);
    await eventually(() => expect(world.calls('settlePlanApproval')).toHaveLength(1));
    await settle();
    expect(world.calls('settlePlanApproval')).toHaveLength(1);
    await world.asks(world.okrRunId, approvalId);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('whose decision got lost on the way is taken up when the nudge is repeated', async () => {
    const world = worldOfPlan('a');
    await start.okrRun(world);
    const approvalId = world.approvalId('plan');
    await world.asks(world.okrRunId, approvalId);
    world.decide(approvalId, 'approved');
    await settle();
    expect(world.calls('settlePlanApproval')).toEqual([]);
    await world.nudge(approvalId);
    expect(await world.result()).toEqual({ state: 'completed' });
  });

  it('whose decision got lost on the way is taken up at the deadline at the latest', async () => {
    const world = worldOfPlan('a');
    world.expiresInMs = 2_000;
    await start.okrRun(world);
    await world.asks(world.okrRunId, world.approvalId('plan'));
    world.decide(world.approvalId('plan'), 'approved');
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(world.inputs('settlePlanApproval')).toMatchObject([{ timedOut: true }]);
  });

  it('that cannot be made ends the run as failed, with the reason', async () => {
    const world = worldOfPlan();
    world.nextDoes('adoptPlan', async () => {
      throw ApplicationFailure.nonRetryable('No plan was made: refused twice.', 'plan_invalid');
    });
    await start.okrRun(world);
    expect(await world.result()).toEqual({ state: 'failed' });
    expect(world.inputs('moveOkrRun')).toMatchObject([
      { to: 'failed', failure: { code: 'plan_invalid', message: 'No plan was made: refused twice.' } },
    ]);
  });

  it('whose agent run was ended from outside is settled as failed', async () => {
    const world = worldOfPlan();
    const model = world.hold('callModel');
    world.nextDoes('adoptPlan', async () => {
      throw ApplicationFailure.nonRetryable('No plan was made.', 'plan_invalid');
    });
    await start.okrRun(world);
    await model.reached;
    await start.client.workflow.getHandle(world.agentRunId('plan')).terminate('by hand');
    expect(await world.result()).toEqual({ state: 'failed' });
    expect(world.inputs('endAgentRun')).toMatchObject([{ agentRunId: world.agentRunId('plan'), state: 'failed' }]);
  });

  it('of a run that had ended before is not made', async () => {
    const world = worldOfPlan();
    const ids = { workspaceId: 'wsp_test', repositoryId: 'repo_test' } as const;
    world.next('loadOkrRun', { ...ids, maxParallelTasks: 1, state: 'completed', ended: true });
    await start.okrRun(world);
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(world.calls('queuePlanning')).toEqual([]);
  });
});

describe('tasks', () => {
  it('run by dependency, as many at once as the run may have', async () => {
    const world = worldOfPlan('a', 'b', 'c', 'd < a b c');
    const [first, second, third] = [1, 2, 3].map(() => world.hold('prepareWorktree'));
    await start.okrRun(world);
    await approve(world);
    await Promise.all([first!.reached, second!.reached]);
    await settle();
    expect(began(world).sort()).toEqual(['a', 'b']);
    first!.release();
    await third!.reached;
    await settle();
    expect(began(world).at(-1)).toBe('c');
    expect(began(world)).toHaveLength(3);
    second!.release();
    third!.release();
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(began(world).at(-1)).toBe('d');
    expect(began(world)).toHaveLength(4);
  });

  it('that depend on one that failed never start and are skipped, and the run is not completed', async () => {
    const world = worldOfPlan('a', 'b < a', 'c < b', 'd');
    world.changed = false;
    world.nextDoes('prepareWorktree', async () => {
      throw ApplicationFailure.nonRetryable('npm ci failed.', 'command_failed');
    });
    world.maxParallelTasks = 1;
    await start.okrRun(world);
    await approve(world);
    expect(await world.result()).toEqual({ state: 'failed' });
    expect(began(world)).toEqual(['a', 'd']);
    expect(world.inputs('skipTask')).toEqual([
      { taskId: world.taskId('b'), because: [world.taskId('a')] },
      { taskId: world.taskId('c'), because: [world.taskId('b')] },
    ]);
  });

  it('whose workflow was ended from outside are settled, and the run goes on', async () => {
    const world = worldOfPlan('a', 'b');
    const worktree = world.hold('prepareWorktree');
    await start.okrRun(world);
    await approve(world);
    await worktree.reached;
    const { taskId: ended } = world.inputs('prepareWorktree')[0]!;
    await start.client.workflow.getHandle(`${ended}-1`).terminate('by hand');
    expect(await world.result()).toEqual({ state: 'failed' });
    expect(world.inputs('settleTask').find(({ taskId }) => taskId === ended)?.state).toBe('failed');
    expect(world.plan.tasks.map(({ state }) => state).sort()).toEqual(['done', 'failed']);
  });

  it('that are reopened while the run goes on run again, as a new attempt', async () => {
    const world = worldOfPlan('a', 'b');
    world.maxParallelTasks = 2;
    world.changed = false;
    const [first, second] = [world.hold('prepareWorktree'), world.hold('prepareWorktree')];
    world.nextDoes('prepareWorktree', async () => {
      throw ApplicationFailure.nonRetryable('npm ci failed.', 'command_failed');
    });
    await start.okrRun(world);
    await approve(world);
    await Promise.all([first.reached, second.reached]);
    first.release();
    await world.called('settleTask');
    const failed = world.inputs('settleTask')[0]!.taskId;
    const at = world.plan.tasks.findIndex(({ taskId }) => taskId === failed);
    world.plan.tasks[at] = { ...world.plan.tasks[at]!, state: 'todo', attempt: 2 };
    await world.tellOrders();
    await world.called('beginTask', 3);
    second.release();
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(world.inputs('beginTask').map(({ taskId, attempt }) => [taskId, attempt])).toContainEqual([failed, 2]);
  });
});

describe('a task that somebody reopens', () => {
  function failingOnce(world: World): void {
    world.changed = false;
    world.nextDoes('prepareWorktree', async () => {
      throw ApplicationFailure.nonRetryable('npm ci failed.', 'command_failed');
    });
  }

  function reopen(world: World, name: string): void {
    const at = world.plan.tasks.findIndex(({ taskId }) => taskId === world.taskId(name));
    world.plan.tasks[at] = { ...world.plan.tasks[at]!, state: 'todo', attempt: 2 };
  }

  it('while the run is paused after its last task runs again once it is resumed, and so does what depends on it', async () => {
    const world = worldOfPlan('a', 'b < a');
    failingOnce(world);
    const settling = world.hold('settleTask');
    await start.okrRun(world);
    await approve(world);
    await settling.reached;
    await world.pause();
    settling.release();
    await world.saysPaused(world.okrRunId);
    await settle();
    expect(world.calls('skipTask')).toEqual([]);
    reopen(world, 'a');
    await world.resume();
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(began(world)).toEqual(['a', 'a', 'b']);
  });

  it('just before the run would measure runs first', async () => {
    const world = worldOfPlan('a');
    failingOnce(world);
    const moving = world.hold('moveOkrRun');
    await start.okrRun(world);
    await approve(world);
    await moving.reached;
    reopen(world, 'a');
    moving.release();
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(began(world)).toEqual(['a', 'a']);
    expect(world.inputs('moveOkrRun')).toMatchObject([{ to: 'measuring' }, { to: 'measuring' }]);
  });
});

describe('a measurement by a person', () => {
  function worldOfManual(): World {
    const world = worldOfPlan();
    world.plan.keyResults = [{ keyResultId: world.keyResultId('a'), kind: 'manual' }];
    return world;
  }

  it('waits for the answer, before and after the work', async () => {
    const world = worldOfManual();
    await start.okrRun(world);
    await approve(world);
    for (const phase of ['baseline', 'final']) {
      const approvalId = world.approvalId(`measurea-${phase}`);
      await world.asks(world.okrRunId, approvalId);
      await world.answer(approvalId, 'approved', '12');
    }
    expect(await world.result()).toEqual({ state: 'completed' });
    expect(world.inputs('recordMeasurementAnswer')).toMatchObject([
      { phase: 'baseline', timedOut: false },
      { phase: 'final', timedOut: false },
    ]);
  });

  it('that nobody gives is recorded as such, and the run goes on', async () => {
    const world = worldOfManual();
    world.expiresInMs = 1_000;
    await start.okrRun(world);
    await approve(world);
    await world.result();
    expect(world.inputs('recordMeasurementAnswer')).toMatchObject([{ timedOut: true }, { timedOut: true }]);
  });

  it('is still asked for after a pause', async () => {
    const world = worldOfManual();
    world.plan.keyResults = world.plan.keyResults.slice(0, 1);
    await start.okrRun(world);
    await approve(world);
    const approvalId = world.approvalId('measurea-baseline');
    await world.asks(world.okrRunId, approvalId);
    await world.pause();
    await world.called('readOrders', 3);
    await world.resume();
    await world.asks(world.okrRunId, approvalId);
    await world.answer(approvalId, 'approved', '1');
    await world.asks(world.okrRunId, world.approvalId('measurea-final'));
    await world.answer(world.approvalId('measurea-final'), 'denied');
    expect(await world.result()).toEqual({ state: 'completed' });
  });
});
