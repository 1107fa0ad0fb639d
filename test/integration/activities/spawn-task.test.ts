import { type AgentRunId, budgetSubjectIds, type CallRef, type JsonObject } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { setBudget } from '@fermata/database/orders';
import { createReader } from '@fermata/database/reading';
import type { ScriptFunction } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { type ActivityWorld, callsAt, failureOf, resultOf, type WorldOptions } from '../../support/activity-world.js';
import { agentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
type ToolCall = { name: string; input: never };
const ask = (input: object = {}): ToolCall => ({
  name: 'spawn_task',
  input: { title: 'Count the tests', instructions: 'Count all tests below src.', ...input } as never,
});
const finish = (input: object): ToolCall => ({ name: 'finish', input: input as never });
const row = ({ database }: ActivityWorld, id: string) => database.agentRun.findUniqueOrThrow({ where: { id } });
const taskRow = ({ database }: ActivityWorld, id: string) => database.task.findUniqueOrThrow({ where: { id } });
const rowsIn = ({ workspaceId, database }: ActivityWorld) => repositoriesFor(database, workspaceId);
const budgetOf = (world: ActivityWorld, id: string) => rowsIn(world).budgets.get(id);

/** The parent asks for what it is given; every subtask is told by its brief and does what `child` says. */
async function asking(toolCalls: readonly ToolCall[], child: ScriptFunction = () => ({}), options: WorldOptions = {}) {
  const script: ScriptFunction = (conversation) =>
    JSON.stringify(conversation.messages).includes('Fermata subtask') ? child(conversation) : { toolCalls };
  const { agentRunId: parentId, ...at } = await agentAtWork(held.database, toolCalls, { script, ...options });
  return { ...at, parentId };
}

async function spawned(world: ActivityWorld, ref: CallRef): Promise<AgentRunId> {
  const outcome = await world.run('spawnTask', ref);
  if (outcome.outcome === 'refused') throw new Error((await resultOf(world, ref)).text);
  return outcome.childRunId;
}

/** A subtask that has taken its first turn, and handed in what it called `finish` with. */
async function done(world: ActivityWorld, childRunId: AgentRunId): Promise<void> {
  await world.run('beginAgentRun', { agentRunId: childRunId });
  const [result] = await callsAt(world, childRunId, 0);
  await world.run('acceptResult', result!);
  await world.run('endAgentRun', { agentRunId: childRunId, state: 'succeeded', failure: null });
}

describe('a subtask', () => {
  it('is a run of the same agent in the worktree of its parent, told what to do and nothing else', async () => {
    const { world, parentId, taskId, calls } = await asking([ask()]);
    const childRunId = await spawned(world, calls[0]!);
    const [parent, child] = await Promise.all([row(world, parentId), row(world, childRunId)]);
    expect(child).toMatchObject({
      ...{
        kind: 'subtask',
        state: 'queued',
        runtime: 'api',
        parentRunId: parentId,
        depth: 1,
        title: 'Count the tests',
      },
      ...{ taskId, okrRunId: parent.okrRunId, agentId: parent.agentId, model: parent.model },
      ...{ host: parent.host, worktreeId: parent.worktreeId, maxSteps: parent.maxSteps, maxWorkMs: parent.maxWorkMs },
      ...{ attempt: parent.attempt, continuesRunId: null, resultSchema: null },
    });
    const [brief, system] = await Promise.all(
      [child.briefDigest, child.systemDigest].map((digest) => rowsIn(world).blobs.get(digest)),
    );
    expect(brief).toContain(`Fermata subtask of ${taskId}: Count the tests`);
    expect(brief).toContain('Count all tests below src.');
    expect(system).toContain('has asked you for a part of it');
    expect(await world.database.agentStep.findFirst({ where: { agentRunId: parentId, index: 1 } })).toMatchObject({
      ...{ name: 'spawn_task', state: 'started', callId: calls[0]!.callId },
    });
  });

  it('is found again by the call that asked for it', async () => {
    const { world, parentId, calls } = await asking([ask()]);
    const first = await spawned(world, calls[0]!);
    expect(await world.run('spawnTask', calls[0]!, { attempt: 2 })).toEqual({
      ...{ outcome: 'spawned', childRunId: first, title: 'Count the tests' },
    });
    expect(await world.database.agentRun.count({ where: { parentRunId: parentId } })).toBe(1);
    expect(await world.database.agentStep.count({ where: { agentRunId: parentId, name: 'spawn_task' } })).toBe(1);
  });

  it('gives its parent its summary, what it cost and how many steps it took, once', async () => {
    const child: ScriptFunction = () => ({
      toolCalls: [finish({ summary: 'There are 12.' })],
      usage: { inputTokens: 1_000, outputTokens: 100 },
    });
    const { world, taskId, calls } = await asking([ask()], child);
    const childRunId = await spawned(world, calls[0]!);
    await done(world, childRunId);
    await world.run('recordSubtask', { ...calls[0]!, childRunId });
    await world.run('recordSubtask', { ...calls[0]!, childRunId }, { attempt: 2 });
    const { costMicros } = await row(world, childRunId);
    expect(costMicros).toBeGreaterThan(0);
    const { state, text } = await resultOf(world, calls[0]!);
    expect(state).toBe('succeeded');
    const step = await world.database.agentStep.findFirstOrThrow({
      where: { agentRunId: calls[0]!.agentRunId, index: 1 },
    });
    expect(step.attempt).toBe(1);
    expect(JSON.parse(text)).toEqual({
      ...{ subtask: childRunId, state: 'succeeded', summary: 'There are 12.' },
      ...{ costUsd: Number(costMicros) / 1_000_000, steps: 2 },
    });
    // It did not speak for the task.
    expect((await taskRow(world, taskId)).summary).toBeNull();
  });

  it('that has failed is an error for its parent, with the failure', async () => {
    const { world, calls } = await asking([ask()]);
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const failure = { code: 'provider_unauthorized', message: 'The key is refused.' } as const;
    await world.run('endAgentRun', { agentRunId: childRunId, state: 'failed', failure });
    await world.run('recordSubtask', { ...calls[0]!, childRunId });
    const { state, text } = await resultOf(world, calls[0]!);
    expect(state).toBe('failed');
    expect(JSON.parse(text)).toMatchObject({ state: 'failed', steps: 0, failure: { code: 'provider_unauthorized' } });
    expect(text).toContain('The key is refused.');
  });

  it('hands in data that its schema takes, and no other', async () => {
    const resultSchema: JsonObject = {
      type: 'object',
      properties: { tests: { type: 'integer' } },
      required: ['tests'],
    };
    const seen: unknown[] = [];
    const child: ScriptFunction = (conversation) => {
      seen.push(conversation);
      const data = seen.length === 1 ? { tests: 'twelve' } : { tests: 12 };
      return { toolCalls: [finish({ summary: 'Counted.', data })] };
    };
    const { world, calls } = await asking([ask({ resultSchema })], child);
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const [wrong] = await callsAt(world, childRunId, 0);
    const refused = { accepted: false, problems: ['data.tests: must be integer'] };
    expect(await world.run('acceptResult', wrong!)).toEqual(refused);
    expect((await row(world, childRunId)).result).toBeNull();
    const [right] = await callsAt(world, childRunId, 2);
    expect(await world.run('acceptResult', right!)).toEqual({ accepted: true });
    expect(JSON.stringify(seen[1])).toContain('data.tests: must be integer');
    await world.run('endAgentRun', { agentRunId: childRunId, state: 'succeeded', failure: null });
    await world.run('recordSubtask', { ...calls[0]!, childRunId });
    const { text } = await resultOf(world, calls[0]!);
    expect(JSON.parse(text)).toMatchObject({ summary: 'Counted.', data: { tests: 12 } });
  });

  it('asks people in the inbox of its task', async () => {
    const child: ScriptFunction = () => ({ toolCalls: [{ name: 'ask_human', input: { question: 'Which?' } }] });
    const { world, taskId, calls } = await asking([ask()], child);
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const [question] = await callsAt(world, childRunId, 0);
    const { approvalId } = await world.run('askHuman', question!);
    expect(await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } })).toMatchObject({
      ...{ state: 'pending', agentRunId: childRunId, taskId, okrRunId: world.okrRunId, title: 'Which?' },
    });
  });
});

describe('a call for a subtask', () => {
  it.each([
    ['without instructions', { instructions: '' }, '- instructions: '],
    ['for more than half of the budget', { budgetPercent: 60 }, '- budgetPercent: '],
    ['with a schema that is none', { resultSchema: { type: 'banana' } }, '- resultSchema.type: '],
  ])('%s is answered with what is wrong, and nothing is queued', async (_what, input, named) => {
    const { world, parentId, calls } = await asking([ask(input)]);
    for (const attempt of [1, 2])
      expect(await world.run('spawnTask', calls[0]!, { attempt })).toEqual({ outcome: 'refused' });
    expect(await resultOf(world, calls[0]!)).toMatchObject({
      ...{ state: 'failed', name: 'spawn_task', text: expect.stringContaining(named) as string },
    });
    expect(await world.database.agentRun.count({ where: { parentRunId: parentId } })).toBe(0);
  });

  it('is refused when the run has had as many as it may', async () => {
    const { world, parentId, calls } = await asking(Array.from({ length: 21 }, () => ask()));
    for (const ref of calls.slice(0, 20)) await spawned(world, ref);
    expect(await world.run('spawnTask', calls[20]!)).toEqual({ outcome: 'refused' });
    expect((await resultOf(world, calls[20]!)).text).toContain('has had 20 subtasks');
    // One that was asked for before is there still.
    expect(await world.run('spawnTask', calls[3]!, { attempt: 2 })).toMatchObject({ outcome: 'spawned' });
    expect(await world.database.agentRun.count({ where: { parentRunId: parentId } })).toBe(20);
  });

  it('can be made by a subtask, and not by a subtask of one', async () => {
    const tools: string[][] = [];
    const child: ScriptFunction = ({ tools: offered }) => {
      tools.push(offered.map(({ name }) => name));
      return { toolCalls: [ask()] };
    };
    const { world, calls } = await asking([ask()], child);
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const [below] = await callsAt(world, childRunId, 0);
    const deepest = await spawned(world, below!);
    expect(await row(world, deepest)).toMatchObject({ depth: 2, parentRunId: childRunId });
    await world.run('beginAgentRun', { agentRunId: deepest });
    const turn = await world.run('callModel', { agentRunId: deepest, index: 0 });
    expect(tools.map((names) => names.includes('spawn_task'))).toEqual([true, false]);
    if (turn.outcome !== 'answered') throw new Error(turn.detail);
    expect(turn.calls).toMatchObject([{ name: 'spawn_task', toolClass: null }]);
    const ref = { agentRunId: deepest, modelIndex: 0, index: 1, callId: turn.calls[0]!.callId };
    expect(await world.run('spawnTask', ref)).toEqual({ outcome: 'refused' });
    expect((await resultOf(world, ref)).text).toContain('depth 2');
  });

  it('of a run that has ended queues nothing', async () => {
    const { world, parentId, calls } = await asking([ask()]);
    await world.run('endAgentRun', { agentRunId: parentId, state: 'cancelled', failure: null });
    expect(await failureOf(world.run('spawnTask', calls[0]!))).toMatchObject({ type: 'conflict', nonRetryable: true });
    expect(await world.database.agentRun.count({ where: { parentRunId: parentId } })).toBe(0);
  });
});

describe('the budget of a subtask', () => {
  const spending: ScriptFunction = () => ({
    toolCalls: [finish({ summary: 'Done.' })],
    usage: { inputTokens: 1_000, outputTokens: 100 },
  });
  const setLimit = (
    world: ActivityWorld,
    order: { scope: 'task' | 'okr_run' | 'agent_run'; subjectId: string },
    micros: number | null,
  ) => setBudget(world.database, world, { ...order, period: 'total', limitMicros: micros });

  it('is its share of what is left of the tightest limit of the task and its run', async () => {
    const { world, taskId, calls } = await asking([ask({ budgetPercent: 10 }), ask()], spending, {
      budgetMicros: 8_000_000,
    });
    await setLimit(world, { scope: 'task', subjectId: taskId }, 2_000_000);
    const { spentMicros } = await budgetOf(world, taskId);
    const first = await budgetOf(world, await spawned(world, calls[0]!));
    expect(first).toMatchObject({ scope: 'agent_run', limitMicros: Math.floor((2_000_000 - spentMicros) / 10) });
    const second = await budgetOf(world, await spawned(world, calls[1]!));
    expect(second.limitMicros).toBe(Math.floor((2_000_000 - spentMicros) / 4));
  });

  it('has no limit where the task and its run have none, and counts what it spends all the same', async () => {
    const { world, calls } = await asking([ask()], spending);
    const childRunId = await spawned(world, calls[0]!);
    expect((await budgetOf(world, childRunId)).limitMicros).toBeNull();
    await done(world, childRunId);
    expect((await budgetOf(world, childRunId)).spentMicros).toBe(Number((await row(world, childRunId)).costMicros));
  });

  it('pays for the subtasks below it too, and each cost counts once towards task and run', async () => {
    const child: ScriptFunction = (conversation) => ({
      toolCalls: JSON.stringify(conversation.messages).includes('Below')
        ? [finish({ summary: 'Done.' })]
        : [ask({ title: 'Below' })],
      usage: { inputTokens: 1_000, outputTokens: 100 },
    });
    const { world, parentId, taskId, calls } = await asking([ask()], child, { budgetMicros: 8_000_000 });
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const [below] = await callsAt(world, childRunId, 0);
    const left = 8_000_000 / 4;
    const deepest = await spawned(world, below!);
    const { limitMicros } = await budgetOf(world, deepest);
    expect(limitMicros).toBeLessThanOrEqual(left / 4);
    await done(world, deepest);
    const costs = await Promise.all(
      [parentId, childRunId, deepest].map(async (id) => Number((await row(world, id)).costMicros)),
    );
    const [own = 0, ofChild = 0, ofDeepest = 0] = costs;
    expect(Math.min(...costs)).toBeGreaterThan(0);
    const spent = async (id: string) => (await budgetOf(world, id)).spentMicros;
    expect(await spent(deepest)).toBe(ofDeepest);
    expect(await spent(childRunId)).toBe(ofChild + ofDeepest);
    expect(await spent(taskId)).toBe(own + ofChild + ofDeepest);
    expect(await spent(world.okrRunId)).toBe(own + ofChild + ofDeepest);
    const { money, agentRuns } = createReader(world.database, world.workspaceId);
    expect((await money.spentByTasks([taskId])).get(taskId)?.micros).toBe(own + ofChild + ofDeepest);
    expect((await money.spentByAgentRuns([childRunId])).get(childRunId)?.micros).toBe(ofChild);
    // The result says what all of it has cost.
    await world.run('endAgentRun', { agentRunId: childRunId, state: 'succeeded', failure: null });
    await world.run('recordSubtask', { ...calls[0]!, childRunId });
    expect(JSON.parse((await resultOf(world, calls[0]!)).text)).toMatchObject({
      costUsd: (ofChild + ofDeepest) / 1_000_000,
    });
    // A list of what was tried for the task has the parent alone.
    expect((await agentRuns.ofTasks([taskId])).get(taskId)?.map(({ id }) => id)).toEqual([parentId]);
    expect((await agentRuns.subtasksOf([parentId])).get(parentId)?.map(({ id }) => id)).toEqual([childRunId]);
  });

  it('that is used up holds its calls, not those of its parent, until it is raised', async () => {
    const { world, parentId, taskId, calls } = await asking([ask()], spending, { budgetMicros: 8_000_000 });
    const childRunId = await spawned(world, calls[0]!);
    await setLimit(world, { scope: 'agent_run', subjectId: childRunId }, 1);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const { id: budgetId } = await budgetOf(world, childRunId);
    expect(await world.run('callModel', { agentRunId: childRunId, index: 0 })).toMatchObject({
      ...{ outcome: 'over_budget', budgetId },
      detail: expect.stringContaining(`the total budget of subtask ${childRunId}`) as string,
    });
    const ids = {
      workspaceId: world.workspaceId,
      agentId: (await row(world, parentId)).agentId,
      okrRunId: world.okrRunId,
    };
    const key = 'of-the-parent:1';
    expect(
      await rowsIn(world).budgets.reserve({ subjectIds: budgetSubjectIds({ ...ids, taskId }), key, micros: 10 }),
    ).toMatchObject({ held: true });
    const raised = await setLimit(world, { scope: 'agent_run', subjectId: childRunId }, 1_000_000);
    expect(raised.okrRunIds).toEqual([world.okrRunId]);
    expect(await world.run('callModel', { agentRunId: childRunId, index: 0 })).toMatchObject({ outcome: 'answered' });
  });
});

describe('a list of limits', () => {
  it('has that of a subtask while it is at work', async () => {
    const { world, calls } = await asking([ask()], () => ({}), { budgetMicros: 8_000_000 });
    const childRunId = await spawned(world, calls[0]!);
    const listed = async () => {
      const { money } = createReader(world.database, world.workspaceId);
      const { rows } = await money.listBudgets({ first: 50, after: null }, { limited: true });
      return rows.map(({ subjectId }) => subjectId).sort();
    };
    expect(await listed()).toEqual([world.okrRunId, childRunId].sort());
    await world.run('endAgentRun', { agentRunId: childRunId, state: 'cancelled', failure: null });
    expect(await listed()).toEqual([world.okrRunId]);
  });
});

describe('a guard that stops a subtask', () => {
  it('asks with the subtask and the task it is a part of', async () => {
    const { world, taskId, calls } = await asking([ask()]);
    const childRunId = await spawned(world, calls[0]!);
    const guard = { agentRunId: childRunId, index: 3, reason: 'It has taken 3 steps.' };
    const { approvalId } = await world.run('askToContinue', guard);
    const { detail, ...asked } = await world.database.approval.findUniqueOrThrow({ where: { id: approvalId } });
    expect(asked).toMatchObject({ kind: 'guard_rail', agentRunId: childRunId, taskId });
    expect(detail).toMatchObject({ kind: 'subtask', subtask: 'Count the tests', task: 'Task one' });
  });
});

describe('what a subtask waits for', () => {
  it('is what its task waits for; its parent only says that it waits for it', async () => {
    const { world, parentId, taskId, calls } = await asking([ask()]);
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const human = { kind: 'human', detail: 'Asked.', releasableBy: ['approver'] } as const;
    await world.run('recordWaiting', { subject: { type: 'agent_run', id: childRunId }, waiting: human });
    const waits = {
      kind: 'dependency',
      detail: 'Waits for its subtask.',
      releasableBy: ['fermata'],
      subjectId: childRunId,
    } as const;
    await world.run('recordWaiting', { subject: { type: 'agent_run', id: parentId }, waiting: waits });
    expect(await row(world, parentId)).toMatchObject({
      state: 'waiting',
      waitingOn: { kind: 'dependency', subjectId: childRunId },
    });
    expect((await taskRow(world, taskId)).waitingOn).toMatchObject({ kind: 'human' });
  });
});

describe('a subtask that is left open', () => {
  it('ends with its parent, however deep it is', async () => {
    const { world, parentId, calls } = await asking([ask()], () => ({ toolCalls: [ask()] }), {
      budgetMicros: 8_000_000,
    });
    const childRunId = await spawned(world, calls[0]!);
    await world.run('beginAgentRun', { agentRunId: childRunId });
    const [below] = await callsAt(world, childRunId, 0);
    const deepest = await spawned(world, below!);
    await world.run('endAgentRun', { agentRunId: parentId, state: 'cancelled', failure: null });
    for (const id of [parentId, childRunId, deepest])
      expect(await row(world, id)).toMatchObject({ state: 'cancelled', waitingOn: null });
    expect(await world.database.agentStep.count({ where: { workspaceId: world.workspaceId, state: 'started' } })).toBe(
      0,
    );
  });

  it('and has a workflow keeps a run whose workflow is gone from being settled, and is asked to end', async () => {
    const { world, calls } = await asking([ask()]);
    const childRunId = await spawned(world, calls[0]!);
    world.startedBefore.add(world.okrRunId);
    world.running.add(childRunId);
    await world.run('startMissingWorkflows', undefined);
    expect(world.nudges).toContain(`cancel ${childRunId}`);
    expect((await row(world, childRunId)).state).toBe('queued');
    world.running.clear();
    await world.run('startMissingWorkflows', undefined);
    expect((await row(world, childRunId)).state).toBe('cancelled');
  });
});
