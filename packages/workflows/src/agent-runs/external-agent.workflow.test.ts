import { describe, expect, it } from 'vitest';
import { settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const lone = (world: World) => world.agentRunId('lone');
const succeeded = { state: 'succeeded', failure: null };
const stopped = { outcome: 'stopped', detail: 'It said: done, I think.' } as const;

function externalWorld(): World {
  const world = newWorld();
  world.runtime = 'acp';
  return world;
}

const reasons = (world: World) => world.inputs('runSegment').map(({ reason }) => reason.because);

describe('an agent that is a program of its own', () => {
  it('works in one stretch on the host of its worktree, and no model or tool is called beside it', async () => {
    const world = externalWorld();
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.steps).toEqual(['beginAgentRun', 'runSegment', 'endAgentRun']);
    expect(world.calls('runSegment').map(({ queue }) => queue)).toEqual([world.hostQueue]);
    expect(world.inputs('runSegment')).toMatchObject([{ reason: { because: 'begin' }, stepLimit: world.maxSteps }]);
  });

  it('waits for the answer to its question with nothing running, and is told it', async () => {
    const world = externalWorld();
    const approvalId = world.openApproval('colour');
    world.next('runSegment', { outcome: 'question', approvalId, expiresInMs: 60_000, detail: 'Which colour?' });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human', subjectId: approvalId, releasableBy: ['approver'] });
    await settle();
    expect(world.calls('runSegment')).toHaveLength(1);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('runSegment')[1]?.reason).toEqual({ because: 'answered', approvalId, timedOut: false });
  });

  it('is told that nobody answered in time', async () => {
    const world = externalWorld();
    const approvalId = world.openApproval('colour');
    world.next('runSegment', { outcome: 'question', approvalId, expiresInMs: 50, detail: 'Which colour?' });
    await start.agentRun(world, 'lone');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('runSegment')[1]?.reason).toEqual({ because: 'answered', approvalId, timedOut: true });
  });

  it('has what is left of its time in each stretch, and a person is asked when it is up', async () => {
    const world = externalWorld();
    const { hostQueue, maxSteps } = world;
    const maxWorkMs = 3_600_000;
    world.next('beginAgentRun', {
      kind: 'work',
      runtime: 'acp',
      hostQueue,
      maxSteps,
      maxWorkMs,
      nextIndex: 0,
      ended: null,
    });
    world.next('runSegment', { ...stopped, workedMs: 600_000 });
    world.next('runSegment', { outcome: 'time_limit', workedMs: 3_000_000 });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human' });
    expect(world.inputs('askToContinue')[0]?.reason).toBe(
      'It has worked for 60 minutes, the longest it may without asking.',
    );
    await world.answer(world.openApproval(`guard-lone-${maxSteps}`), 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('runSegment').map(({ workLeftMs }) => workLeftMs)).toEqual([3_600_000, 3_000_000, 3_600_000]);
  });

  it('that stops without a result is told so, and the third time a person is asked', async () => {
    const world = externalWorld();
    for (let times = 0; times < 3; times++) world.next('runSegment', stopped);
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human' });
    expect(reasons(world)).toEqual(['begin', 'stopped', 'stopped']);
    const [asked] = world.inputs('askToContinue');
    expect(asked?.reason).toBe('It has stopped 3 times without a result. It said: done, I think.');
    await world.answer(world.openApproval(`guard-lone-${world.maxSteps}`), 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(reasons(world)).toEqual(['begin', 'stopped', 'stopped', 'stopped']);
  });

  it('ends failed, with the facts, when the person says no', async () => {
    const world = externalWorld();
    world.next('runSegment', { outcome: 'step_limit', steps: 50 });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human' });
    await world.answer(world.openApproval(`guard-lone-${world.maxSteps}`), 'denied');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'timeout' } });
    expect(world.calls('runSegment')).toHaveLength(1);
  });

  it('gets as many steps again when the person says yes', async () => {
    const world = externalWorld();
    world.next('runSegment', { outcome: 'step_limit', steps: 50 });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human' });
    await world.answer(world.openApproval(`guard-lone-${world.maxSteps}`), 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.inputs('runSegment').map(({ stepLimit }) => stepLimit)).toEqual([50, 100]);
  });
});

describe('orders to an agent that is a program of its own', () => {
  it('a pause ends its stretch, and resuming begins another', async () => {
    const world = externalWorld();
    const segment = world.hold('runSegment');
    await start.agentRun(world, 'lone');
    await segment.reached;
    await world.pause();
    await world.saysPaused(lone(world));
    expect(world.calls('runSegment').map(({ state }) => state)).toEqual(['cancelled']);
    await world.resume();
    expect(await world.result()).toEqual(succeeded);
    expect(reasons(world)).toEqual(['begin', 'resumed']);
  });

  it('a cancel ends its stretch and the run', async () => {
    const world = externalWorld();
    const segment = world.hold('runSegment');
    await start.agentRun(world, 'lone');
    await segment.reached;
    await world.cancel();
    expect(await world.result()).toEqual({ state: 'cancelled', failure: null });
    expect(world.calls('runSegment').map(({ state }) => state)).toEqual(['cancelled']);
  });
});
