import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { call, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const lone = (world: World) => world.agentRunId('lone');
const succeeded = { state: 'succeeded', failure: null };

describe('a turn', () => {
  it('calls the model once and each tool once, and ends when the result is accepted', async () => {
    const world = newWorld();
    world.script(lone(world), [call('write', 'unsafe')]);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.steps).toEqual(['beginAgentRun', 'callModel', 'runTool', 'callModel', 'acceptResult', 'endAgentRun']);
    expect(world.calls('recordWaiting')).toEqual([]);
  });

  it('runs tools on the queue of the host and everything else on the main one', async () => {
    const world = newWorld();
    world.script(lone(world), [call('read', 'idempotent')]);
    await start.agentRun(world, 'lone');
    await world.result();
    expect(world.calls('runTool').map(({ queue }) => queue)).toEqual([world.hostQueue]);
    expect(new Set(world.calls('callModel').map(({ queue }) => queue))).toEqual(new Set([start.taskQueue]));
  });

  it('asks the MCP servers of its agent for their tools before the first call, where the worktree is', async () => {
    const world = newWorld();
    world.asksMcpServers = true;
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.steps).toEqual(['beginAgentRun', 'listMcpTools', 'callModel', 'acceptResult', 'endAgentRun']);
    expect(world.calls('listMcpTools').map(({ queue }) => queue)).toEqual([world.hostQueue]);
  });

  it('numbers the steps of a turn in the order of the calls', async () => {
    const world = newWorld();
    world.script(lone(world), [call('write', 'unsafe'), call('read', 'idempotent'), call('bash', 'unsafe')]);
    await start.agentRun(world, 'lone');
    await world.result();
    expect(world.inputs('runTool').map(({ modelIndex, index }) => [modelIndex, index])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
    expect(world.inputs('callModel').map(({ index }) => index)).toEqual([0, 4]);
  });

  it('lets reads run side by side and writes alone and in order', async () => {
    const world = newWorld();
    world.script(lone(world), [
      call('read', 'idempotent'),
      call('grep', 'idempotent'),
      call('write', 'unsafe'),
      call('bash', 'unsafe'),
    ]);
    const [first, second, write, bash] = ['read', 'grep', 'write', 'bash'].map(() => world.hold('runTool'));
    await start.agentRun(world, 'lone');
    await Promise.all([first!.reached, second!.reached]);
    await settle();
    expect(world.calls('runTool')).toHaveLength(2);
    second!.release();
    await settle();
    expect(world.calls('runTool')).toHaveLength(2);
    first!.release();
    await write!.reached;
    await settle();
    expect(world.calls('runTool')).toHaveLength(3);
    write!.release();
    await bash!.reached;
    bash!.release();
    expect(await world.result()).toEqual(succeeded);
  });

  it('answers a call of an unknown tool with an error and runs nothing', async () => {
    const world = newWorld();
    world.script(lone(world), [call('teleport', null)]);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('refuseCall').map(({ reason }) => reason)).toEqual(['There is no tool named "teleport".']);
    expect(world.calls('runTool')).toEqual([]);
  });

  it('fails with the code of what cannot be tried again', async () => {
    const world = newWorld();
    world.nextDoes('callModel', async () => {
      throw ApplicationFailure.nonRetryable('The key is refused.', 'provider_unauthorized', { provider: 'anthropic' });
    });
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual({
      state: 'failed',
      failure: { code: 'provider_unauthorized', message: 'The key is refused.', details: { provider: 'anthropic' } },
    });
  });

  it('does nothing for a run that has ended before', async () => {
    const world = newWorld();
    const ended = { state: 'failed', failure: { code: 'timeout', message: 'Before.' } } as const;
    const { hostQueue } = world;
    const setup = { kind: 'work', runtime: 'api', hostQueue, maxSteps: 5, nextIndex: 3, ended } as const;
    world.next('beginAgentRun', setup);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(ended);
    expect(world.calls('callModel')).toEqual([]);
  });

  it('goes on after the last recorded step', async () => {
    const world = newWorld();
    const setup = { kind: 'work', runtime: 'api', hostQueue: '', maxSteps: 50, nextIndex: 7, ended: null } as const;
    world.next('beginAgentRun', setup);
    await start.agentRun(world, 'lone');
    await world.result();
    expect(world.inputs('callModel')).toEqual([{ agentRunId: lone(world), index: 7 }]);
  });
});

describe('the result', () => {
  const refused = { accepted: false, problems: ['tasks[0] depends on itself'] } as const;

  it('may be refused once and mended', async () => {
    const world = newWorld();
    world.next('acceptResult', refused);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('acceptResult')).toHaveLength(2);
  });

  it('of a plan that is refused twice fails the run as plan_invalid, with the problems', async () => {
    const world = newWorld();
    world.next('acceptResult', refused);
    world.next('acceptResult', refused);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toMatchObject({
      state: 'failed',
      failure: { code: 'plan_invalid', details: { problems: ['tasks[0] depends on itself'] } },
    });
  });

  it('of work that is refused twice fails the run as tool_input_invalid', async () => {
    const world = newWorld();
    world.next('acceptResult', refused);
    world.next('acceptResult', refused);
    await start.agentRun(world, 'a-work-0');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'tool_input_invalid' } });
  });
});

describe('a question of the agent', () => {
  it('waits in the inbox, and the answer goes back to the agent', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    world.script(lone(world), [question, call('write', 'unsafe')]);
    await start.agentRun(world, 'lone');
    const approvalId = world.approvalId(question.callId);
    await world.asks(lone(world), approvalId);
    await settle();
    expect(world.calls('runTool')).toEqual([]);
    await world.answer(approvalId, 'approved', 'Use the blue one.');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('recordHumanAnswer')).toMatchObject([{ callId: question.callId, approvalId, timedOut: false }]);
    expect(world.rows.history.at(-1)?.waiting.kind).toBe('work');
  });

  it('that nobody answers is answered with silence, and the agent goes on', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    world.expiresInMs = 200;
    world.script(lone(world), [question]);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('recordHumanAnswer')).toMatchObject([{ timedOut: true }]);
    expect(world.approvals.get(world.approvalId(question.callId))?.state).toBe('expired');
  });

  it('is not lost when the answer comes before the workflow waits for it', async () => {
    const world = newWorld();
    const question = call('ask_human', 'control');
    const approvalId = world.openApproval(question.callId);
    world.script(lone(world), [question]);
    const asking = world.hold('askHuman');
    await start.agentRun(world, 'lone');
    await asking.reached;
    await world.answer(approvalId, 'approved', 'Yes.');
    asking.release();
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('recordHumanAnswer')).toMatchObject([{ timedOut: false }]);
  });
});

describe('a guard', () => {
  const guarded = [
    {
      name: 'the step ceiling',
      prepare: (world: World) => {
        world.maxSteps = 4;
        world.script(
          lone(world),
          [call('read', 'idempotent')],
          [call('read', 'idempotent')],
          [call('read', 'idempotent')],
        );
      },
      reason: /4 steps/,
      index: 4,
    },
    {
      name: 'identical calls',
      prepare: (world: World) => world.script(lone(world), ...[1, 2, 3, 4].map(() => [call('bash', 'unsafe', 'same')])),
      reason: /same tool call 4 times/,
      index: 8,
    },
    {
      name: 'silent turns',
      prepare: (world: World) => world.script(lone(world), [], [], []),
      reason: /answered 3 times without using a tool/,
      index: 6,
    },
  ];

  for (const { name, prepare, reason, index } of guarded) {
    it(`of ${name} asks a person, and approval lets the run go on with a note`, async () => {
      const world = newWorld();
      prepare(world);
      await start.agentRun(world, 'lone');
      const approvalId = world.approvalId(`guard-lone-${index}`);
      await world.asks(lone(world), approvalId);
      expect(world.inputs('askToContinue')).toMatchObject([{ index, reason: expect.stringMatching(reason) as string }]);
      const before = world.calls('callModel').length;
      await settle();
      expect(world.calls('callModel')).toHaveLength(before);
      await world.answer(approvalId, 'approved');
      expect(await world.result()).toEqual(succeeded);
      expect(world.inputs('addNote').at(-1)?.text).toMatch(reason);
      expect(world.calls('askToContinue')).toHaveLength(1);
    });

    it(`of ${name} ends the run when a person says no`, async () => {
      const world = newWorld();
      prepare(world);
      await start.agentRun(world, 'lone');
      const approvalId = world.approvalId(`guard-lone-${index}`);
      await world.asks(lone(world), approvalId);
      await world.answer(approvalId, 'denied');
      expect(await world.result()).toMatchObject({
        state: 'failed',
        failure: { code: 'timeout', message: expect.stringMatching(reason) as string },
      });
    });
  }

  it('that nobody answers ends the run', async () => {
    const world = newWorld();
    world.expiresInMs = 200;
    world.script(lone(world), [], [], []);
    await start.agentRun(world, 'lone');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'timeout' } });
  });
});

describe('continue-as-new', () => {
  it('keeps what the guards remember and goes on with the next step', async () => {
    const world = newWorld();
    world.maxSteps = 200;
    const same = () => [call('bash', 'unsafe', 'same')];
    const different = Array.from({ length: 20 }, () => [call('bash', 'unsafe')]);
    world.script(lone(world), ...different, same(), same(), same(), same());
    const run = await start.agentRun(world, 'lone');
    const { runId: first } = await run.describe();
    const approvalId = world.approvalId('guard-lone-48');
    await world.asks(lone(world), approvalId);
    expect(world.calls('beginAgentRun').length).toBeGreaterThan(1);
    expect((await run.describe()).runId).not.toBe(first);
    const indexes = world.inputs('callModel').map(({ index }) => index);
    expect(indexes).toEqual(indexes.map((_index, turn) => turn * 2));
    await world.answer(approvalId, 'denied');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'timeout' } });
  });

  it('keeps a raised step ceiling', async () => {
    const world = newWorld();
    world.maxSteps = 30;
    world.script(lone(world), ...Array.from({ length: 25 }, () => [call('bash', 'unsafe')]));
    await start.agentRun(world, 'lone');
    const approvalId = world.approvalId('guard-lone-30');
    await world.asks(lone(world), approvalId);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('beginAgentRun').length).toBeGreaterThan(1);
    expect(world.calls('askToContinue')).toHaveLength(1);
  });
});
