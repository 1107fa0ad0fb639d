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
    world.next('runQuickTool', { state: 'declined' });
    expect(await ran(world, [quick('read')], [quick('edit')])).toEqual(succeeded);
    expect(world.calls('runQuickTool')).toHaveLength(1);
    expect(world.inputs('runTool').map(({ name, index }) => [name, index])).toEqual([
      ['read', 1],
      ['edit', 3],
    ]);
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
