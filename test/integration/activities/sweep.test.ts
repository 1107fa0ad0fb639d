import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { createIdMint, createWaitingRepository, newId } from '@fermata/database';
import { cancelRun, editPlan, retryTask } from '@fermata/database/orders';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planDrafted,
  planOf,
  taskBegun,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const mine = (world: ActivityWorld, ...ids: string[]) =>
  world.nudges.filter((nudge) => [world.okrRunId, ...ids].some((id) => nudge.includes(id)));

/** As if all decisions had been made long ago: a fresh one has still its own nudge under way. */
const longAgo = (world: ActivityWorld) =>
  world.database.approval.updateMany({ where: { decidedAt: { not: null } }, data: { decidedAt: new Date(0) } });

async function swept(world: ActivityWorld, ...ids: string[]): Promise<string[]> {
  world.nudges.length = 0;
  await world.run('repeatNudges', undefined);
  return mine(world, ...ids);
}

describe('the sweep', () => {
  it('starts the workflow of a run that has none, and leaves an ended run alone', async () => {
    const world = await createActivityWorld(held.database);
    await world.run('startMissingWorkflows', undefined);
    expect(mine(world)).toEqual([`start ${world.okrRunId}`]);
    await world.run('moveOkrRun', {
      okrRunId: world.okrRunId,
      to: 'failed',
      failure: { code: 'internal', message: 'x' },
    });
    world.nudges.length = 0;
    await world.run('startMissingWorkflows', undefined);
    expect(mine(world)).toEqual([]);
  });

  it('settles a run whose workflow was ended from outside, once what worked for it has ended', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    const { one, two } = await planApproved(world, planOf(['one', 'two<one']));
    const { agentRunId } = await taskBegun(world, one!);
    world.startedBefore.add(okrRunId);
    const runRow = () => world.database.okrRun.findUniqueOrThrow({ where: { id: okrRunId } });

    world.running.add(okrRunId).add(`${one}-1`).add(agentRunId);
    await world.run('startMissingWorkflows', undefined);
    expect(await runRow()).toMatchObject({ state: 'running' });

    world.running.delete(okrRunId);
    world.nudges.length = 0;
    await world.run('startMissingWorkflows', undefined);
    expect(await runRow()).toMatchObject({ state: 'running' });
    expect(world.nudges).toEqual(expect.arrayContaining([`cancel ${one}-1`, `cancel ${agentRunId}`]));

    world.running.clear();
    await world.run('startMissingWorkflows', undefined);
    expect(await runRow()).toMatchObject({ state: 'failed', waitingOn: null, failure: { code: 'conflict' } });
    const tasks = await world.database.task.findMany({ where: { id: { in: [one!, two!] } } });
    expect(tasks.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    expect(await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } })).toMatchObject({
      state: 'cancelled',
    });
  });

  it('takes such a run for cancelled where somebody has ordered that', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    world.startedBefore.add(okrRunId);
    await cancelRun(world.database, world, { id: okrRunId, reason: null });
    await world.run('startMissingWorkflows', undefined);
    expect(await world.database.okrRun.findUniqueOrThrow({ where: { id: okrRunId } })).toMatchObject({
      state: 'cancelled',
      waitingOn: null,
    });
  });

  it('repeats an order until the run has read it', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    await cancelRun(world.database, world, { id: okrRunId, reason: null });
    expect(await swept(world)).toEqual([`orders ${okrRunId}`]);
    expect(await swept(world)).toEqual([`orders ${okrRunId}`]);
    expect(await world.run('readOrders', { okrRunId })).toEqual({ paused: false, cancelled: true });
    expect(await swept(world)).toEqual([]);
  });

  it('repeats a decision once it is due and until it is read', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    const { approvalId } = await world.run('adoptPlan', {
      okrRunId,
      agentRunId: await planDrafted(world, planOf(['one'])),
    });
    expect(await swept(world)).toEqual([]);
    await decide(world, approvalId, { state: 'approved' });
    expect(await swept(world)).toEqual([]);
    await longAgo(world);
    expect(await swept(world)).toEqual([`decided ${okrRunId} ${approvalId}`]);
    await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    expect(await swept(world)).toEqual([]);
  });

  it('does not wake anybody for ever about a question that an edit has voided', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    const { approvalId } = await world.run('adoptPlan', {
      okrRunId,
      agentRunId: await planDrafted(world, planOf(['one'])),
    });
    await editPlan(world.database, world, {
      okrRunId,
      changes: { objective: { title: 'Better', description: 'More.' } },
    });
    await world.run('readOrders', { okrRunId });
    await longAgo(world);
    expect(await swept(world)).toEqual([`decided ${okrRunId} ${approvalId}`]);
    await world.run('settlePlanApproval', { okrRunId, approvalId, timedOut: false });
    expect(await swept(world)).toEqual([]);
  });

  it('does not wake an agent or a task that has ended, also while the run goes on', async () => {
    const world = await createActivityWorld(held.database, {
      script: () => ({ toolCalls: [{ name: 'ask_human', input: { question: 'Which?' } }] }),
    });
    const { one } = await planApproved(world, planOf(['one']));
    const { agentRunId } = await taskBegun(world, one!);
    await world.run('callModel', { agentRunId, index: 0 });
    const call = { agentRunId, modelIndex: 0, index: 1 };
    const turn = await world.run('callModel', { agentRunId, index: 0 });
    const callId = turn.outcome === 'answered' ? turn.calls[0]!.callId : '';
    const { approvalId } = await world.run('askHuman', { ...call, callId });
    const task = await world.run('askAboutTask', { taskId: one!, attempt: 1, reason: 'gates', round: 0, detail: 'x' });
    // Both are answered, and both end before they have read it.
    await decide(world, approvalId, { state: 'approved', answer: 'This.' });
    await decide(world, task.approvalId, { state: 'approved' });
    await longAgo(world);
    expect(await swept(world, agentRunId, one!)).toHaveLength(2);
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    await world.run('settleTask', { taskId: one!, attempt: 1, state: 'failed', failure: null });
    expect(await swept(world, agentRunId, one!)).toEqual([]);
  });

  it('is not kept from the other runs by one that cannot be started or woken', async () => {
    const world = await createActivityWorld(held.database);
    const other = await createActivityWorld(held.database);
    const { nudger } = world.deps;
    const refuse = (id: string) => {
      if (id === world.okrRunId) throw new DomainError('unavailable', 'Temporal refuses it.');
    };
    world.deps.nudger = {
      ...nudger,
      startOkrRun: async (run) => (refuse(run.id), nudger.startOkrRun(run)),
      ordersChanged: async (id) => (refuse(id), nudger.ordersChanged(id)),
    };
    for (const each of [world, other]) await cancelRun(each.database, each, { id: each.okrRunId, reason: null });
    await world.run('startMissingWorkflows', undefined);
    expect(world.nudges).toContain(`start ${other.okrRunId}`);
    await world.run('repeatNudges', undefined);
    expect(world.nudges).toContain(`orders ${other.okrRunId}`);
  });

  it('releases what ended work has left, whatever it was made for, and nothing of live work', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId, repositoryId } = world;
    const { one, two } = await planApproved(world, planOf(['one', 'two']));
    const path = (id: string) => world.deps.git.worktreePath(id);
    await taskBegun(world, one!);
    await taskBegun(world, two!);
    writeFileSync(join(path(one!), 'half.txt'), 'half');
    const commit = world.repository.git('rev-parse', 'main');
    await world.run('inspectChange', { taskId: one!, attempt: 1 });
    const { changeRequestId } = await world.run('prepareChangeRequest', { taskId: one!, attempt: 1 });
    for (const worktreeId of [`${okrRunId}-measure`, changeRequestId])
      await world.deps.git.prepareDetachedWorktree({ repositoryId, worktreeId, commit });
    writeFileSync(join(path(one!), 'late.txt'), 'late');

    await world.run('releaseOrphanedWorktrees', undefined);
    // The plan is there, so its worktree has served; everything else is in use.
    expect(existsSync(path(`${okrRunId}-plan`))).toBe(false);
    for (const id of [one!, two!, `${okrRunId}-measure`, changeRequestId]) expect(existsSync(path(id))).toBe(true);

    await world.run('settleTask', { taskId: one!, attempt: 1, state: 'partial_done', failure: null });
    expect(await world.run('releaseOrphanedWorktrees', undefined as never)).toBe(2);
    expect([one!, changeRequestId].map((id) => existsSync(path(id)))).toEqual([false, false]);
    expect(existsSync(path(two!))).toBe(true);
    const { branch } = await world.database.task.findUniqueOrThrow({ where: { id: one! } });
    expect(
      world.repository.git('--git-dir', world.deps.git.mirrorPath(repositoryId), 'show', `${branch}:late.txt`),
    ).toBe('late');

    await world.run('concludeCancelled', { okrRunId });
    await world.run('releaseOrphanedWorktrees', undefined);
    expect([two!, `${okrRunId}-measure`].map((id) => existsSync(path(id)))).toEqual([false, false]);
  });

  it.each(['failed', 'cancelled'] as const)(
    'keeps the work of a task that was %s while nothing could be saved: it is partly done, and its branch is shown later',
    async (state) => {
      const world = await createActivityWorld(held.database);
      const { one } = await planApproved(world, planOf(['one']));
      const { worktree } = await taskBegun(world, one!);
      writeFileSync(join(worktree, 'half.txt'), 'half');
      const objects = join(world.deps.git.mirrorPath(world.repositoryId), 'objects');
      renameSync(objects, `${objects}.away`);
      await failureOf(world.run('releaseWorktree', { taskId: one!, attempt: 1 }));
      const settled = await world.run('settleTask', { taskId: one!, attempt: 1, state, failure: null });
      expect(settled).toEqual({ state: 'partial_done', failure: null });
      renameSync(`${objects}.away`, objects);
      await world.run('releaseOrphanedWorktrees', undefined);
      expect(existsSync(worktree)).toBe(false);
      const { branch, headCommit, baseCommit } = await world.database.task.findUniqueOrThrow({ where: { id: one! } });
      expect(headCommit).not.toBe(baseCommit);
      expect(world.repository.git('rev-parse', branch!)).toBe(headCommit);
      expect(world.repository.git('show', `${branch}:half.txt`)).toBe('half');
    },
  );

  it('leaves a task that was reopened its worktree', async () => {
    const world = await createActivityWorld(held.database);
    const { one } = await planApproved(world, planOf(['one']));
    await taskBegun(world, one!);
    await world.run('settleTask', { taskId: one!, attempt: 1, state: 'failed', failure: null });
    await retryTask(world.database, world, one!);
    const { worktree } = await taskBegun(world, one!, 2);
    expect(await world.run('releaseOrphanedWorktrees', undefined as never)).toBe(1);
    expect(existsSync(worktree)).toBe(true);
  });

  it('clears away what an inspection has left that is long over, and nothing of one under way', async () => {
    const world = await createActivityWorld(held.database);
    const { git } = world.deps;
    const location = world.repository.path;
    const { repositoryId: added } = world;
    const [abandoned, underWay] = [createIdMint(() => Date.now() - 24 * 3_600_000)('repo'), newId('repo')];
    for (const repositoryId of [added, abandoned, underWay]) {
      const { headCommit: commit } = await git.syncMirror({ repositoryId, location });
      await git.prepareDetachedWorktree({ repositoryId, worktreeId: `${repositoryId}-inspect`, commit });
    }
    // Half-made: the worker died before it was complete.
    rmSync(join(git.mirrorPath(abandoned), 'worktrees', `${abandoned}-inspect`, 'fermata.json'));
    expect(await world.run('releaseOrphanedWorktrees', undefined as never)).toBe(2);
    expect(readdirSync(join(world.dataDir, 'worktrees'))).toEqual([`${underWay}-inspect`]);
    const mirrors = [added, abandoned, underWay].map((id) => existsSync(git.mirrorPath(id)));
    expect(mirrors).toEqual([true, false, true]);
  });

  it('is not kept from the others by one worktree that cannot be released', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    const { one } = await planApproved(world, planOf(['one']));
    const { worktree } = await taskBegun(world, one!);
    writeFileSync(join(worktree, 'half.txt'), 'half');
    const objects = join(world.deps.git.mirrorPath(world.repositoryId), 'objects');
    await world.run('settleTask', { taskId: one!, attempt: 1, state: 'failed', failure: null });
    await world.run('moveOkrRun', { okrRunId, to: 'cancelled' });
    renameSync(objects, `${objects}.away`);
    await world.run('releaseOrphanedWorktrees', undefined);
    expect(existsSync(join(worktree, 'half.txt'))).toBe(true);
    expect(existsSync(world.deps.git.worktreePath(`${okrRunId}-plan`))).toBe(false);
    renameSync(`${objects}.away`, objects);
    expect(await world.run('releaseOrphanedWorktrees', undefined as never)).toBe(1);
  });
});

describe('a wait', () => {
  it('of a run that has ended is not written', async () => {
    const world = await createActivityWorld(held.database);
    const { okrRunId } = world;
    await world.run('moveOkrRun', { okrRunId, to: 'failed', failure: { code: 'internal', message: 'x' } });
    const waits = createWaitingRepository(world.database, world.workspaceId);
    const waiting = { kind: 'human', detail: 'late', releasableBy: [] } as const;
    await waits.record({ subject: { type: 'okr_run', id: okrRunId }, waiting });
    expect((await world.database.okrRun.findUniqueOrThrow({ where: { id: okrRunId } })).waitingOn).toBeNull();
  });
});
