import type { AgentRunId } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  callsAt,
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planOf,
  resultOf,
  taskBegun,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const finish = (input: unknown) => ({ name: 'finish', input: input as never });
const runRow = (world: ActivityWorld, id: AgentRunId) => world.database.agentRun.findUniqueOrThrow({ where: { id } });

async function planning(toolCalls: readonly { name: string; input: never }[]) {
  const world = await createActivityWorld(held.database, { script: () => ({ toolCalls }) });
  const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
  await world.run('beginAgentRun', { agentRunId });
  return { world, agentRunId, calls: await callsAt(world, agentRunId, 0) };
}

async function working(toolCalls: readonly { name: string; input: never }[]) {
  const world = await createActivityWorld(held.database, { script: () => ({ toolCalls }) });
  const { one } = await planApproved(world, planOf(['one']));
  const { agentRunId } = await taskBegun(world, one!);
  return { world, agentRunId, taskId: one!, calls: await callsAt(world, agentRunId, 0) };
}

describe('the result of a run', () => {
  it('is a plan where a plan was asked for, and is recorded once', async () => {
    const plan = planOf(['one', 'two<one']);
    const { world, agentRunId, calls } = await planning([finish(plan)]);
    expect(await world.run('acceptResult', calls[0]!)).toEqual({ accepted: true });
    expect(await world.run('acceptResult', calls[0]!, { attempt: 2 })).toEqual({ accepted: true });
    expect((await runRow(world, agentRunId)).result).toEqual(plan);
    expect(await resultOf(world, calls[0]!)).toMatchObject({ state: 'succeeded', text: 'Accepted.' });
  });

  it.each([
    ['circle', planOf(['one<two', 'two<one']), /circle|cycle/i],
    ['unknown task', planOf(['one<nobody']), /nobody/],
    ['work result', { summary: 'Done.' }, /objective/],
  ])('with a %s is refused with the exact problem, as often as it is given', async (_name, given, problem) => {
    const { world, agentRunId, calls } = await planning([finish(given)]);
    for (const attempt of [1, 2]) {
      const result = await world.run('acceptResult', calls[0]!, { attempt });
      expect(result.accepted).toBe(false);
      expect(JSON.stringify(result)).toMatch(problem);
    }
    expect((await runRow(world, agentRunId)).result).toBeNull();
    expect(await resultOf(world, calls[0]!)).toMatchObject({ state: 'failed' });
  });

  it('of work is on the task too', async () => {
    const { world, agentRunId, taskId, calls } = await working([finish({ summary: 'Made it quicker.' })]);
    expect(await world.run('acceptResult', calls[0]!)).toEqual({ accepted: true });
    expect((await runRow(world, agentRunId)).result).toEqual({ summary: 'Made it quicker.' });
    const task = await world.database.task.findUniqueOrThrow({ where: { id: taskId } });
    expect(task.summary).toBe('Made it quicker.');
  });

  it('is saved before the step says accepted: a crash between the two is mended by the next attempt', async () => {
    const { world, agentRunId, calls } = await working([finish({ summary: 'Made it.' })]);
    // What the crash leaves behind: the result, and no step.
    await world.database.agentRun.update({ where: { id: agentRunId }, data: { result: { summary: 'Made it.' } } });
    expect(await world.run('acceptResult', calls[0]!, { attempt: 2 })).toEqual({ accepted: true });
    expect(await resultOf(world, calls[0]!)).toMatchObject({ state: 'succeeded' });
  });

  it('given together with other calls is taken, and the conversation goes on from it in order', async () => {
    const seen: unknown[] = [];
    const world = await createActivityWorld(held.database, {
      script: (conversation) => {
        seen.push(conversation.messages);
        const calls = [
          { name: 'read', input: { path: 'README.md' } },
          finish({ summary: 'Made.' }),
          { name: 'list', input: {} },
        ];
        return { toolCalls: seen.length === 1 ? calls : [finish({ summary: 'Again.' })] };
      },
    });
    const { one } = await planApproved(world, planOf(['one']));
    const { agentRunId } = await taskBegun(world, one!);
    const [read, result] = await callsAt(world, agentRunId, 0);
    await world.run('runTool', read!);
    expect(await world.run('acceptResult', result!)).toEqual({ accepted: true });
    await world.run('endAgentRun', { agentRunId, state: 'succeeded', failure: null });
    // The third call was never made. A repair goes on with the conversation: the provider must take it.
    const order = { taskId: one!, attempt: 1, kind: 'repair', round: 0, reason: 'conflict' } as const;
    const repair = await world.run('queueAgentRun', { ...order, continues: agentRunId, conflictingFiles: ['a.txt'] });
    await world.run('beginAgentRun', repair);
    expect(await world.run('callModel', { ...repair, index: 0 })).toMatchObject({ outcome: 'answered' });
    expect(world.model.failures()).toEqual([]);
    expect(JSON.stringify(seen[1])).toContain('not run');
  });

  it('of a run that has ended is not changed by a late call', async () => {
    const { world, agentRunId, calls } = await working([finish({ summary: 'Late.' })]);
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    expect(await failureOf(world.run('acceptResult', calls[0]!))).toMatchObject({
      type: 'conflict',
      nonRetryable: true,
    });
    expect(await runRow(world, agentRunId)).toMatchObject({ state: 'cancelled', result: null });
  });
});

describe('the beginning of a run', () => {
  it('is refused for a runtime that is not there yet, and our own loop does not work and bill in its place', async () => {
    const world = await createActivityWorld(held.database);
    await world.database.agent.updateMany({ where: { workspaceId: world.workspaceId }, data: { runtime: 'acp' } });
    const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
    const refused = await failureOf(world.run('beginAgentRun', { agentRunId }));
    expect(refused).toMatchObject({ type: 'invalid_input', nonRetryable: true });
    expect(refused.message).toContain('acp');
    const failure = { code: 'invalid_input', message: refused.message } as const;
    await world.run('endAgentRun', { agentRunId, state: 'failed', failure });
    expect((await world.run('beginAgentRun', { agentRunId })).ended).toEqual({ state: 'failed', failure });
  });
});

describe('the end of a run', () => {
  it('is the first that was said', async () => {
    const { world, agentRunId } = await working([]);
    const failure = { code: 'timeout', message: 'Stopped.' } as const;
    expect(await world.run('endAgentRun', { agentRunId, state: 'failed', failure })).toEqual({
      state: 'failed',
      failure,
    });
    const again = await world.run('endAgentRun', { agentRunId, state: 'succeeded', failure: null });
    expect(again).toEqual({ state: 'failed', failure });
    expect(await runRow(world, agentRunId)).toMatchObject({ state: 'failed', waitingOn: null });
    expect((await world.run('beginAgentRun', { agentRunId })).ended).toEqual({ state: 'failed', failure });
    const events = await world.database.event.findMany({ where: { subjectId: agentRunId } });
    expect(events.filter(({ data }) => (data as { to: string }).to === 'failed')).toHaveLength(1);
  });
});

describe('a question of an agent', () => {
  const ask = { name: 'ask_human', input: { question: 'Which colour?' } as never };

  it('is in the inbox once, and its answer reaches the model', async () => {
    const { world, calls } = await working([ask]);
    const { approvalId } = await world.run('askHuman', calls[0]!);
    expect((await world.run('askHuman', calls[0]!, { attempt: 2 })).approvalId).toBe(approvalId);
    await decide(world, approvalId, { state: 'approved', answer: 'Blue' });
    await world.run('recordHumanAnswer', { ...calls[0]!, approvalId, timedOut: false });
    expect(await resultOf(world, calls[0]!)).toMatchObject({ state: 'succeeded', text: 'A person answered: Blue' });
  });

  it('that nobody answers is answered with silence, and the inbox does not show it any more', async () => {
    const { world, calls } = await working([ask]);
    const { approvalId } = await world.run('askHuman', calls[0]!);
    await world.run('recordHumanAnswer', { ...calls[0]!, approvalId, timedOut: true });
    expect((await resultOf(world, calls[0]!)).text).toContain('No answer: expired');
    expect(await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } })).toMatchObject({
      state: 'expired',
    });
  });

  it('is void when its run ends before anybody answers', async () => {
    const { world, agentRunId, calls } = await working([ask]);
    const { approvalId } = await world.run('askHuman', calls[0]!);
    await world.run('endAgentRun', { agentRunId, state: 'cancelled', failure: null });
    const row = await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } });
    expect(row).toMatchObject({ state: 'void' });
    expect(row.settledAt).not.toBeNull();
  });
});

describe('a run that a guard stopped', () => {
  it('asks with what it is for and what it did last', async () => {
    const { world, agentRunId, taskId } = await working([{ name: 'read', input: { path: 'README.md' } as never }]);
    const guard = { agentRunId, index: 2, reason: 'It has made the same tool call 4 times in a row.' };
    const { approvalId } = await world.run('askToContinue', guard);
    expect((await world.run('askToContinue', guard, { attempt: 2 })).approvalId).toBe(approvalId);
    const { goal } = await world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
    const { title: task } = await world.database.task.findUniqueOrThrow({ where: { id: taskId } });
    const { detail } = await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } });
    const lastTurns = [{ step: 0, calls: [{ tool: 'read', input: { path: 'README.md' } }] }];
    expect(detail).toMatchObject({ reason: guard.reason, goal, task, lastTurns });
  });
});
