import type { PlannedCall } from '@fermata/contracts';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { call, settle, type World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const lone = (world: World) => world.agentRunId('lone');
const succeeded = { state: 'succeeded', failure: null };
const quick = (name: string): PlannedCall => ({ ...call(name, 'idempotent'), quick: true });

/** The run of these turns, to its end. */
async function ran(world: World, ...turns: PlannedCall[][]): Promise<unknown> {
  world.script(lone(world), ...turns);
  await start.agentRun(world, 'lone');
  return world.result();
}

describe('a quick tool', () => {
  it('is run where the workflow is, without anything on the queue of the host', async () => {
    const world = newWorld();
    expect(await ran(world, [quick('read'), call('grep', 'idempotent')], [quick('edit')])).toEqual(succeeded);
    expect(world.inputs('runQuickTool').map(({ name, index }) => [name, index])).toEqual([
      ['read', 1],
      ['edit', 4],
    ]);
    expect(world.inputs('runTool').map(({ name }) => name)).toEqual(['grep']);
  });

  it('goes by the queue of the host once it was declined, and so do those after it', async () => {
    const world = newWorld();
    world.next('runQuickTool', { state: 'declined', lasting: true });
    expect(await ran(world, [quick('read')], [quick('edit')])).toEqual(succeeded);
    expect(world.calls('runQuickTool')).toHaveLength(1);
    expect(world.inputs('runTool').map(({ name, index }) => [name, index])).toEqual([
      ['read', 1],
      ['edit', 3],
    ]);
  });

  it('goes by the queue of the host alone where only this one was declined', async () => {
    const world = newWorld();
    world.next('runQuickTool', { state: 'declined', lasting: false });
    expect(await ran(world, [quick('read')], [quick('edit')])).toEqual(succeeded);
    expect(world.inputs('runTool').map(({ name }) => name)).toEqual(['read']);
    expect(world.inputs('runQuickTool').map(({ name }) => name)).toEqual(['read', 'edit']);
  });

  it('that fails in a way that lasts fails the run, as by the queue', async () => {
    const world = newWorld();
    world.nextDoes('runQuickTool', async () => {
      throw ApplicationFailure.nonRetryable('There is no room on the disk.', 'disk_full');
    });
    expect(await ran(world, [quick('write')])).toMatchObject({ state: 'failed', failure: { code: 'disk_full' } });
    expect(world.calls('runTool')).toEqual([]);
  });

  it('that fails is tried by the queue of the host, and the next one is quick again', async () => {
    const world = newWorld();
    world.nextDoes('runQuickTool', async () => {
      throw ApplicationFailure.create({ message: 'The database is away.', type: 'internal' });
    });
    expect(await ran(world, [quick('read')], [quick('edit')])).toEqual(succeeded);
    expect(world.inputs('runQuickTool').map(({ name }) => name)).toEqual(['read', 'edit']);
    expect(world.inputs('runTool').map(({ name }) => name)).toEqual(['read']);
  });

  it('that a person must allow is run when there is an answer', async () => {
    const world = newWorld();
    const approvalId = world.openApproval('write');
    const asked = { state: 'asked', approvalId, expiresInMs: 60_000, detail: 'May the agent change a file?' } as const;
    world.next('runQuickTool', asked);
    world.next('callModel', { outcome: 'answered', calls: [quick('write')] });
    await start.agentRun(world, 'lone');
    await world.says(lone(world), { kind: 'human', subjectId: approvalId, releasableBy: ['approver'] });
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(succeeded);
    expect(world.calls('runQuickTool')).toHaveLength(2);
    expect(world.calls('runTool')).toEqual([]);
  });

  it('that is at work when the run is cancelled has ended before the run ends', async () => {
    const world = newWorld();
    const held = world.hold('runQuickTool');
    world.script(lone(world), [quick('write')]);
    const run = await start.agentRun(world, 'lone');
    await held.reached;
    await run.cancel();
    await settle();
    expect(world.calls('endAgentRun')).toEqual([]);
    held.release();
    expect(await world.result()).toMatchObject({ state: 'cancelled' });
    expect(world.calls('runTool')).toEqual([]);
  });
});

describe('what begins and ends a run', () => {
  const away = async (): Promise<never> => {
    throw ApplicationFailure.create({ message: 'The database is away.', type: 'internal' });
  };

  it('is asked of the worker that has the workflow, and of any other when it keeps failing there', async () => {
    const world = newWorld();
    for (let attempt = 0; attempt < 4; attempt += 1) world.nextDoes('acceptResult', away);
    expect(await ran(world)).toEqual(succeeded);
    expect(world.calls('acceptResult')).toHaveLength(5);
    expect(world.calls('beginAgentRun')).toHaveLength(1);
  });

  it('can be cancelled though it keeps failing', async () => {
    const world = newWorld();
    for (let attempt = 0; attempt < 200; attempt += 1) world.nextDoes('acceptResult', away);
    const run = await start.agentRun(world, 'lone');
    await expect.poll(() => world.calls('acceptResult').length, { timeout: 20_000 }).toBeGreaterThan(4);
    await run.cancel();
    expect(await world.result()).toMatchObject({ state: 'cancelled' });
  });
});
