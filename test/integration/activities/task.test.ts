import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskId } from '@fermata/contracts';
import { cancelTask, pauseRun, retryTask } from '@fermata/database/orders';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const taskRow = (world: ActivityWorld, id: TaskId) => world.database.task.findUniqueOrThrow({ where: { id } });
const runRow = (world: ActivityWorld) => world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
const failure = { code: 'command_failed', message: 'It did not work.' } as const;

async function approved(tasks: readonly string[], options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, options);
  return { world, tasks: await planApproved(world, planOf(tasks)) };
}

describe('settling a task', () => {
  it('takes the first outcome, once', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await taskBegun(world, ref.taskId);
    expect(await world.run('settleTask', { ...ref, state: 'failed', failure })).toEqual({ state: 'failed', failure });
    const again = await world.run('settleTask', { ...ref, state: 'done', failure: null }, { attempt: 2 });
    expect(again).toEqual({ state: 'failed', failure });
    expect(await taskRow(world, ref.taskId)).toMatchObject({ state: 'failed', failure, waitingOn: null });
  });

  it.each(['failed', 'cancelled'] as const)(
    'that is %s by somebody who did not look takes it for partly done when it has changes',
    async (state) => {
      const { world, tasks } = await approved(['one', 'two', 'three']);
      const [committed, uncommitted, empty] = [tasks['one']!, tasks['two']!, tasks['three']!];
      writeFileSync(join((await taskBegun(world, committed)).worktree, 'made.txt'), 'made');
      await world.run('releaseWorktree', { taskId: committed, attempt: 1 });
      writeFileSync(join((await taskBegun(world, uncommitted)).worktree, 'made.txt'), 'made');
      await taskBegun(world, empty);
      const settled = (taskId: TaskId) => world.run('settleTask', { taskId, attempt: 1, state, failure: null });
      expect(await settled(committed)).toMatchObject({ state: 'partial_done' });
      expect(await settled(uncommitted)).toMatchObject({ state: 'partial_done' });
      expect(await settled(empty)).toMatchObject({ state });
    },
  );

  it('closes what the attempt leaves open', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    const { worktree } = await taskBegun(world, ref.taskId);
    writeFileSync(join(worktree, 'made.txt'), 'made');
    await world.run('inspectChange', ref);
    const { changeRequestId } = await world.run('prepareChangeRequest', ref);
    const asked = await world.run('askAboutTask', { ...ref, reason: 'gates', round: 0, detail: 'They fail.' });
    await world.run('settleTask', { ...ref, state: 'partial_done', failure });
    const change = await world.database.changeRequest.findUniqueOrThrow({ where: { id: changeRequestId } });
    expect(change).toMatchObject({ state: 'closed' });
    const question = await world.database.approval.findUniqueOrThrow({ where: { id: asked.approvalId } });
    expect(question).toMatchObject({ state: 'void' });
    expect(question.settledAt).not.toBeNull();
  });

  it('of an earlier attempt changes nothing of the one that followed', async () => {
    const { world, tasks } = await approved(['one']);
    const taskId = tasks['one']!;
    const { worktree } = await taskBegun(world, taskId);
    writeFileSync(join(worktree, 'made.txt'), 'made');
    await world.run('releaseWorktree', { taskId, attempt: 1 });
    await world.run('settleTask', { taskId, attempt: 1, state: 'partial_done', failure });
    await retryTask(world.database, world, taskId);
    await taskBegun(world, taskId, 2);
    const { changeRequestId } = await world.run('prepareChangeRequest', { taskId, attempt: 2 });

    const late = await world.run('settleTask', { taskId, attempt: 1, state: 'partial_done', failure }, { attempt: 2 });
    expect(late).toEqual({ state: 'partial_done', failure });
    expect(await taskRow(world, taskId)).toMatchObject({ state: 'doing', attempts: 2 });
    const change = await world.database.changeRequest.findUniqueOrThrow({ where: { id: changeRequestId } });
    expect(change).toMatchObject({ state: 'preparing' });
  });

  it('lets those that waited for it say what they wait for now', async () => {
    const { world, tasks } = await approved(['one', 'two<one', 'three<one<two']);
    expect((await taskRow(world, tasks['one']!)).waitingOn).toMatchObject({ kind: 'slot' });
    expect((await taskRow(world, tasks['two']!)).waitingOn).toMatchObject({
      kind: 'dependency',
      subjectId: tasks['one'],
    });
    await taskBegun(world, tasks['one']!);
    await world.run('settleTask', { taskId: tasks['one']!, attempt: 1, state: 'done', failure: null });
    expect((await taskRow(world, tasks['two']!)).waitingOn).toMatchObject({ kind: 'slot' });
    expect((await taskRow(world, tasks['three']!)).waitingOn).toMatchObject({
      kind: 'dependency',
      subjectId: tasks['two'],
    });
  });
});

describe('a task', () => {
  it('begins once, and says who works on it', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    const first = await world.run('beginTask', ref);
    expect(await world.run('beginTask', ref, { attempt: 2 })).toEqual(first);
    expect(first.hostQueue).toBe('host:host1');
    expect(await taskRow(world, ref.taskId)).toMatchObject({
      state: 'doing',
      attempts: 1,
      host: 'host1',
      waitingOn: { kind: 'work' },
    });
  });

  it('that was cancelled before it began does not begin, and whoever would work on it reads that', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await cancelTask(world.database, world, { id: ref.taskId, reason: null });
    await world.run('beginTask', ref);
    expect(await taskRow(world, ref.taskId)).toMatchObject({ state: 'cancelled', startedAt: null, waitingOn: null });
    expect(await world.run('readOrders', { okrRunId: world.okrRunId, taskId: ref.taskId })).toMatchObject({
      cancelled: true,
    });
    expect(await world.run('releaseWorktree', ref)).toEqual({ changed: false });
    expect(await world.run('settleTask', { ...ref, state: 'failed', failure })).toMatchObject({ state: 'cancelled' });
  });

  it('that is skipped says because of what', async () => {
    const { world, tasks } = await approved(['one', 'two<one']);
    await taskBegun(world, tasks['one']!);
    await world.run('settleTask', { taskId: tasks['one']!, attempt: 1, state: 'failed', failure });
    for (const attempt of [1, 2])
      await world.run('skipTask', { taskId: tasks['two']!, because: [tasks['one']!] }, { attempt });
    const { state, failure: why } = await taskRow(world, tasks['two']!);
    expect(state).toBe('failed');
    expect(why).toMatchObject({ message: expect.stringContaining('Task one') as string });
  });

  it('gets one agent run for each kind and round', async () => {
    const { world, tasks } = await approved(['one']);
    const order = { taskId: tasks['one']!, attempt: 1, kind: 'work', round: 0 } as const;
    const { agentRunId } = await taskBegun(world, order.taskId);
    expect(await world.run('queueAgentRun', order, { attempt: 2 })).toEqual({ agentRunId });
    expect(await world.database.agentRun.count({ where: { taskId: order.taskId } })).toBe(1);
  });

  it('is not approved by a reviewer who gave no verdict', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await taskBegun(world, ref.taskId);
    const { agentRunId } = await world.run('queueAgentRun', { ...ref, kind: 'review', round: 0 });
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    const refused = await failureOf(world.run('recordReview', { ...ref, round: 0, agentRunId }));
    expect(refused).toMatchObject({ type: 'conflict', nonRetryable: true });
  });

  it('put before a person names the commit that the answer is about', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await taskBegun(world, ref.taskId);
    const { headCommit } = await taskRow(world, ref.taskId);
    const order = { ...ref, reason: 'review', round: 0, detail: 'Twice refused.' } as const;
    const { approvalId } = await world.run('askAboutTask', order);
    expect((await world.run('askAboutTask', order, { attempt: 2 })).approvalId).toBe(approvalId);
    const row = await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } });
    expect(row).toMatchObject({ workflowId: `${ref.taskId}-1`, detail: { commit: headCommit } });
    await decide(world, approvalId, { state: 'denied', reason: 'No.' });
    const outcome = await world.run('settleApproval', { approvalId, timedOut: true });
    expect(outcome).toMatchObject({ state: 'denied', reason: 'No.' });
  });
});

describe('a deadlock put before a person', () => {
  const gate = { name: 'test', command: 'echo 1 of 3 failed; exit 1', timeoutMs: 9_000 };

  it('shows the gates that fail with what they printed, and the change', async () => {
    const { world, tasks } = await approved(['one'], { gates: [gate] });
    const ref = { taskId: tasks['one']!, attempt: 1 };
    const { worktree } = await taskBegun(world, ref.taskId);
    writeFileSync(join(worktree, 'made.txt'), 'made by the agent\n');
    await world.run('runGate', { ...ref, phase: 'work', round: 0, gate: 'test' });
    const asked = await world.run('askAboutTask', { ...ref, reason: 'gates', round: 0, detail: 'They fail.' });
    const { detail } = await world.database.approval.findUniqueOrThrow({ where: { id: asked.approvalId } });
    expect(detail).toMatchObject({
      gates: [{ name: 'test', command: gate.command, state: 'failed', exitCode: 1, output: '1 of 3 failed\n' }],
    });
    expect(JSON.stringify(detail)).toContain('+made by the agent');
  });

  it('says on the change too that it waits for a person, when the checkout is not clean', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await taskBegun(world, ref.taskId);
    const { changeRequestId } = await world.run('prepareChangeRequest', ref);
    const detail = 'The target branch is checked out with uncommitted changes.';
    const { approvalId } = await world.run('askAboutTask', { ...ref, reason: 'checkout_dirty', round: 0, detail });
    const { waitingOn } = await world.database.changeRequest.findUniqueOrThrow({ where: { id: changeRequestId } });
    expect(waitingOn).toMatchObject({ kind: 'human', detail, releasableBy: ['approver'], subjectId: approvalId });
  });

  it('shows what the reviewer found', async () => {
    const { world, tasks } = await approved(['one']);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    await taskBegun(world, ref.taskId);
    const { agentRunId } = await world.run('queueAgentRun', { ...ref, kind: 'review', round: 0 });
    const findings = [{ file: 'made.txt', line: 3, severity: 'blocking', message: 'It loses data.' }];
    const result = { verdict: 'request_changes', summary: 'Not yet.', findings };
    await world.database.agentRun.update({ where: { id: agentRunId }, data: { state: 'succeeded', result } });
    await world.run('recordReview', { ...ref, round: 0, agentRunId });
    const asked = await world.run('askAboutTask', { ...ref, reason: 'review', round: 0, detail: 'Twice.' });
    const { detail } = await world.database.approval.findUniqueOrThrow({ where: { id: asked.approvalId } });
    expect(detail).toMatchObject({ review: 'Not yet.', findings });
  });
});

describe('what is waited for', () => {
  it('rises from the agent to the task and the run, and ends there too', async () => {
    const { world, tasks } = await approved(['one']);
    const { agentRunId } = await taskBegun(world, tasks['one']!);
    const subject = { type: 'agent_run', id: agentRunId } as const;
    const waiting = {
      kind: 'human',
      detail: 'The agent asks.',
      releasableBy: ['approver'],
      subjectId: 'apr_1',
    } as const;
    expect(await world.run('recordWaiting', { subject, waiting })).toEqual({ over: false });
    const since = ((await runRow(world)).waitingOn as { since: string }).since;
    await world.run('recordWaiting', { subject, waiting }, { attempt: 2 });
    expect((await taskRow(world, tasks['one']!)).waitingOn).toMatchObject(waiting);
    expect((await runRow(world)).waitingOn).toMatchObject({ ...waiting, since });
    await world.run('recordWaiting', { subject, waiting: { kind: 'work', detail: 'On.', releasableBy: ['fermata'] } });
    expect((await runRow(world)).waitingOn).toMatchObject({ kind: 'work' });
  });

  it('is not said of a paused run, and not by an item that has ended', async () => {
    const { world, tasks } = await approved(['one']);
    const { agentRunId } = await taskBegun(world, tasks['one']!);
    await pauseRun(world.database, world, world.okrRunId);
    const subject = { type: 'agent_run', id: agentRunId } as const;
    const waiting = { kind: 'budget', detail: 'Over.', releasableBy: ['admin'] } as const;
    await world.run('recordWaiting', { subject, waiting });
    expect((await runRow(world)).waitingOn).toMatchObject({ kind: 'human', detail: 'Paused. Resume it to go on.' });
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    expect(await world.run('recordWaiting', { subject, waiting })).toEqual({ over: true });
    const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    expect(run).toMatchObject({ state: 'cancelled', waitingOn: null });
  });

  it('of a task that has ended is no longer what its run waits for', async () => {
    const { world, tasks } = await approved(['one', 'two']);
    const { agentRunId } = await taskBegun(world, tasks['one']!);
    const waiting = { kind: 'human', detail: 'The agent asks.', releasableBy: ['approver'] } as const;
    await world.run('recordWaiting', { subject: { type: 'agent_run', id: agentRunId }, waiting });
    await world.run('settleTask', { taskId: tasks['one']!, attempt: 1, state: 'failed', failure });
    expect((await runRow(world)).waitingOn).toMatchObject({ kind: 'work' });
  });
});
