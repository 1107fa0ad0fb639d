import { describe, expect, it } from 'vitest';
import { call, eventually, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const lone = (world: World) => world.agentRunId('lone');
const succeeded = { state: 'succeeded', failure: null };

describe('the budget', () => {
  const over = { outcome: 'over_budget', budgetId: 'bud_1', detail: 'Raise it to go on.' } as const;

  it('that is used up holds the run until orders change, and the same call is made again', async () => {
    const world = newWorld();
    world.next('callModel', over);
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'budget', subjectId: 'bud_1', releasableBy: ['admin'] });
    await settle();
    expect(world.calls('callModel')).toHaveLength(1);
    await world.tellOrders();
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('callModel').map(({ index }) => index)).toEqual([0, 0]);
  });

  it('that other calls hold for now is asked again by itself', async () => {
    const world = newWorld();
    world.next('callModel', { ...over, askAgainInMs: 50 });
    world.next('callModel', { ...over, askAgainInMs: 50 });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'budget', releasableBy: ['fermata', 'admin'] });
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('callModel')).toHaveLength(3);
  });

  it('that is still too small keeps saying so, without a word of work in between', async () => {
    const world = newWorld();
    world.next('callModel', over);
    world.next('callModel', over);
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'budget' });
    await world.tellOrders();
    await eventually(() => {
      const kinds = world.rows.history.filter(({ id }) => id === lone(world)).map(({ waiting }) => waiting.kind);
      expect(kinds.slice(kinds.indexOf('budget'))).toEqual(['budget', 'budget']);
    });
    await world.tellOrders();
    expect(await world.result()).toEqual(succeeded);
  });

  it('that is raised while the run is paused is not spent before it is resumed', async () => {
    const world = newWorld();
    world.next('callModel', over);
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'budget' });
    await world.pause();
    await world.saysPaused(lone(world));
    await world.tellOrders();
    await settle();
    expect(world.calls('callModel')).toHaveLength(1);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
  });
});

describe('an order that comes while the end of the run is being written', () => {
  it('makes the server refuse that end, which is then written again: a run that has ended is not held', async () => {
    const world = newWorld();
    world.nextDoes('endAgentRun', async () => {
      world.rows.remove(lone(world));
      await world.pause();
      return { state: 'succeeded', failure: null };
    });
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('endAgentRun')).toHaveLength(2);
    expect(world.orders.paused).toBe(true);
  });
});

describe('a tool that a person is asked about', () => {
  const asked = { state: 'asked', expiresInMs: 60_000, detail: 'May the agent run `x`?' } as const;

  it('is called again when the question is answered, and the run says meanwhile whom it waits for', async () => {
    const world = newWorld();
    world.next('callModel', { outcome: 'answered', calls: [call('bash', 'unsafe')] });
    world.next('runTool', { ...asked, approvalId: world.openApproval('tool') });
    await start.agentRun(world, 'lone');
    const approvalId = world.openApproval('tool');
    await world.says(lone(world), { kind: 'human', subjectId: approvalId, releasableBy: ['approver'] });
    await settle();
    expect(world.calls('runTool')).toHaveLength(1);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('runTool').map(({ index }) => index)).toEqual([1, 1]);
  });

  it('is called again when nobody answers in time: the tool itself reads that the answer is no', async () => {
    const world = newWorld();
    world.next('callModel', { outcome: 'answered', calls: [call('bash', 'unsafe')] });
    const approvalId = world.openApproval('tool');
    world.next('runTool', { ...asked, approvalId, expiresInMs: 50 });
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('settleApproval')).toContainEqual({ approvalId, timedOut: true });
    expect(world.calls('runTool')).toHaveLength(2);
  });
});

describe('a pause', () => {
  it('before the first step holds the run, and resuming lets it go on', async () => {
    const world = newWorld();
    world.orders.paused = true;
    await start.agentRun(world, 'lone');
    await world.saysPaused(lone(world));
    expect(world.calls('callModel')).toEqual([]);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
  });

  it('during a model call lets it end and holds before the tools it asked for', async () => {
    const world = newWorld();
    world.script(lone(world), [call('write', 'unsafe')]);
    const model = world.hold('callModel');
    await start.agentRun(world, 'lone');
    await model.reached;
    await world.pause();
    model.release();
    await world.saysPaused(lone(world));
    await settle();
    expect(world.calls('runTool')).toEqual([]);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('runTool')).toHaveLength(1);
  });

  it('during a tool holds before the next model call', async () => {
    const world = newWorld();
    world.script(lone(world), [call('write', 'unsafe')]);
    const tool = world.hold('runTool');
    await start.agentRun(world, 'lone');
    await tool.reached;
    await world.pause();
    tool.release();
    await world.saysPaused(lone(world));
    await settle();
    expect(world.calls('callModel')).toHaveLength(1);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
  });

  it('during a question keeps the question, and holds after the answer', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    world.script(lone(world), [question]);
    await start.agentRun(world, 'lone');
    const approvalId = world.approvalId(question.callId);
    await world.asks(lone(world), approvalId);
    await world.pause();
    await world.answer(approvalId, 'approved', 'Yes.');
    await world.saysPaused(lone(world));
    await settle();
    expect(world.calls('callModel')).toHaveLength(1);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
  });

  it('that ends while a question is open says again what is waited for', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    world.script(lone(world), [question]);
    await start.agentRun(world, 'lone');
    const approvalId = world.approvalId(question.callId);
    await world.asks(world.okrRunId, approvalId);
    await world.pause();
    await world.called('readOrders', 2);
    await world.resume();
    await world.called('readOrders', 3);
    await world.asks(world.okrRunId, approvalId);
    await world.answer(approvalId, 'approved', 'Yes.');
    expect(await world.result()).toEqual(succeeded);
  });

  it('that ends during a tool does not repeat a wait that is over', async () => {
    const world = newWorld();
    world.next('callModel', { outcome: 'over_budget', budgetId: 'bud_1', detail: 'Raise it.' });
    world.script(lone(world), [call('write', 'unsafe')]);
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'budget' });
    const tool = world.hold('runTool');
    await world.tellOrders();
    await tool.reached;
    await world.pause();
    await world.called('readOrders', 3);
    await world.resume();
    await world.called('readOrders', 4);
    await settle();
    expect(world.rows.get(lone(world))?.kind).toBe('work');
    tool.release();
    expect(await world.result()).toEqual(succeeded);
  });
});

describe('a cancel', () => {
  const cancelled = { state: 'cancelled', failure: null };

  it('during a model call ends the call and then the run', async () => {
    const world = newWorld();
    const model = world.hold('callModel');
    await start.agentRun(world, 'lone');
    await model.reached;
    await world.cancel();
    expect(await world.result()).toEqual(cancelled);
    expect(world.calls('callModel').map(({ state }) => state)).toEqual(['cancelled']);
    expect(world.log.at(-1)?.name).toBe('endAgentRun');
    expect(world.inputs('endAgentRun')).toEqual([{ agentRunId: lone(world), ...cancelled }]);
  });

  it('during a tool waits until the tool has ended', async () => {
    const world = newWorld();
    world.script(lone(world), [call('bash', 'unsafe')]);
    const tool = world.hold('runTool');
    await start.agentRun(world, 'lone');
    await tool.reached;
    await world.cancel();
    expect(await world.result()).toEqual(cancelled);
    expect(world.calls('runTool').map(({ state }) => state)).toEqual(['cancelled']);
  });

  it('during a question ends the run and takes the question off its row', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    world.script(lone(world), [question]);
    await start.agentRun(world, 'lone');
    await world.asks(lone(world), world.approvalId(question.callId));
    await world.cancel();
    expect(await world.result()).toEqual(cancelled);
    expect(world.rows.get(world.okrRunId)?.kind).toBe('work');
  });

  it('while it is paused or over budget ends the run', async () => {
    const [paused, poor] = [newWorld(), newWorld()];
    paused.orders.paused = true;
    poor.next('callModel', { outcome: 'over_budget', budgetId: 'bud_1', detail: 'Raise it.' });
    await start.agentRun(paused, 'lone');
    await start.agentRun(poor, 'lone');
    await paused.saysPaused(lone(paused));
    await poor.says(lone(poor), { kind: 'budget' });
    await paused.cancel();
    await poor.cancel();
    expect(await paused.result()).toEqual(cancelled);
    expect(await poor.result()).toEqual(cancelled);
  });

  it('of the workflow itself, as its parent asks for it, ends the run as well', async () => {
    const world = newWorld();
    const model = world.hold('callModel');
    const run = await start.agentRun(world, 'lone');
    await model.reached;
    await run.cancel();
    expect(await world.result()).toEqual(cancelled);
  });
});
