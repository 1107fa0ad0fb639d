import type { ChangeRequestId, TaskId } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  planApproved,
  planOf,
  taskBegun,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

/** Two tasks of one run whose change requests are in the queue, the first at its head. */
async function queued() {
  const world = await createActivityWorld(held.database);
  const { one, two } = (await planApproved(world, planOf(['one', 'two']))) as { one: TaskId; two: TaskId };
  const first = await joined(world, one);
  const second = await joined(world, two);
  world.nudges.length = 0;
  return { world, one, two, first, second };
}

async function joined(world: ActivityWorld, taskId: TaskId): Promise<ChangeRequestId> {
  await taskBegun(world, taskId);
  const { changeRequestId } = await world.run('prepareChangeRequest', { taskId, attempt: 1 });
  await world.run('takeLandingTurn', { changeRequestId });
  return changeRequestId;
}

const take = (world: ActivityWorld, changeRequestId: ChangeRequestId) =>
  world.run('takeLandingTurn', { changeRequestId });
const leave = (world: ActivityWorld, changeRequestId: ChangeRequestId) =>
  world.run('leaveLandingQueue', { changeRequestId });
const rowsOf = ({ database, workspaceId }: ActivityWorld) => database.landingTurn.count({ where: { workspaceId } });
/** As if everybody had joined long ago: one that has just joined may not have its workflow's answer yet. */
const longAgo = ({ database, workspaceId }: ActivityWorld) =>
  database.landingTurn.updateMany({ where: { workspaceId }, data: { queuedAt: new Date(0) } });

describe('the turn to land', () => {
  it('is taken by one; the other is told who is in front, and to ask again after a while', async () => {
    const { world, first, second } = await queued();
    expect(await take(world, first)).toEqual({ turn: true });
    expect(await take(world, second)).toEqual({
      ...{ turn: false, behind: first, ahead: 1, targetBranch: 'main' },
      askAgainInMs: 30_000,
    });
  });

  it('goes to the next, who is woken until it has taken it', async () => {
    const { world, first, second } = await queued();
    expect(await leave(world, first)).toEqual({ next: second });
    // The nudge may have been lost in a crash: a retry repeats it.
    expect(await world.run('leaveLandingQueue', { changeRequestId: first }, { attempt: 2 })).toEqual({ next: second });
    expect(world.nudges).toEqual([`turn ${second}`, `turn ${second}`]);
    expect(await take(world, second)).toEqual({ turn: true });
    expect(await leave(world, first)).toEqual({ next: null });
    expect(world.nudges).toHaveLength(2);
  });

  it('wakes nobody when one that only waits leaves', async () => {
    const { world, second } = await queued();
    expect(await leave(world, second)).toEqual({ next: null });
    expect(world.nudges).toEqual([]);
  });

  it('of a task that was settled from outside holds nobody up', async () => {
    const { world, one, second } = await queued();
    await world.run('settleTask', { taskId: one, attempt: 1, state: 'failed', failure: null });
    expect(await take(world, second)).toEqual({ turn: true });
  });
});

describe('the sweep', () => {
  it('drops a turn whose workflow has ended, wakes the next, and leaves those at work alone', async () => {
    // It looks at every workspace: where tests are slow, the turns of those before are long ago, too.
    await held.database.landingTurn.deleteMany();
    const { world, first, second } = await queued();
    await longAgo(world);
    world.running.add(first).add(second);
    await world.run('dropAbandonedTurns', undefined);
    expect(await rowsOf(world)).toBe(2);
    world.running.delete(first);
    await world.run('dropAbandonedTurns', undefined);
    expect(world.nudges).toEqual([`turn ${second}`]);
    expect(await take(world, second)).toEqual({ turn: true });
    expect(await rowsOf(world)).toBe(1);
  });

  it('does not ask about one that has just joined', async () => {
    const { world } = await queued();
    await world.run('dropAbandonedTurns', undefined);
    expect(await rowsOf(world)).toBe(2);
  });
});
