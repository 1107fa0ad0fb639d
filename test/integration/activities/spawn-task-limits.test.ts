import { type AgentPolicy, type AgentRunId, type CallRef, defaultPolicy } from '@fermata/contracts';
import { createAgentRunRepository } from '@fermata/database';
import { setBudget } from '@fermata/database/orders';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { type ActivityWorld, failureOf, resultOf, type WorldOptions } from '../../support/activity-world.js';
import { agentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const ask: ScriptedToolCall = {
  name: 'spawn_task',
  input: { title: 'Count the tests', instructions: 'Count all tests below src.' },
};

interface Asking {
  world: ActivityWorld;
  parentId: AgentRunId;
  call: CallRef;
}

/** A run that has just asked for a subtask. */
async function asking(options: WorldOptions = {}): Promise<Asking> {
  const { world, agentRunId: parentId, calls } = await agentAtWork(held.database, [ask], options);
  return { world, parentId, call: calls[0]! };
}

const subtasksOf = ({ world, parentId }: Asking) =>
  world.database.agentRun.findMany({ where: { parentRunId: parentId }, orderBy: { createdAt: 'asc' } });
const limitRun = ({ world }: Asking, limitMicros: number) =>
  setBudget(world.database, world, { scope: 'okr_run', subjectId: world.okrRunId, period: 'total', limitMicros });
const end = { state: 'cancelled', failure: null } as const;

describe('a call that asks for a subtask', () => {
  it('is refused when its share does not pay for a first call: it would wait for a person, and its parent with it', async () => {
    for (const limitMicros of [0, 40_000]) {
      const at = await asking({ budgetMicros: 8_000_000 });
      await limitRun(at, limitMicros);
      expect(await at.world.run('spawnTask', at.call)).toEqual({ outcome: 'refused' });
      const { state, text } = await resultOf(at.world, at.call);
      expect(state).toBe('failed');
      expect(text).toMatch(/^Not done: its share of what is left is \$0\.\d+, and its first call may cost \$0\.\d+\./);
      expect(await subtasksOf(at)).toEqual([]);
    }
  });

  it('has a model by the complexity of the task that it is a part of', async () => {
    const rules = [
      { kind: 'subtask', complexity: 'low', model: 'gpt-4.1' },
      { complexity: 'medium', model: 'scripted' },
    ] as const;
    const at = await asking();
    await at.world.database.agent.updateMany({
      where: { workspaceId: at.world.workspaceId },
      data: { modelPolicy: { rules } },
    });
    expect(await at.world.run('spawnTask', at.call)).toMatchObject({ outcome: 'spawned' });
    const [subtask] = await subtasksOf(at);
    expect(subtask).toMatchObject({
      model: 'scripted',
      modelChoice: { reason: 'Rule 2 of the model policy: any work of medium complexity.' },
    });
  });

  it('is refused when the policy of the agent denies the tool, and never asked about', async () => {
    const denying: AgentPolicy = {
      ...defaultPolicy,
      rules: [{ effect: 'deny', tool: 'spawn_task', reason: 'One agent is enough.' }],
    };
    const denied = await asking({ policy: denying });
    expect(await denied.world.run('spawnTask', denied.call)).toEqual({ outcome: 'refused' });
    expect((await resultOf(denied.world, denied.call)).text).toContain('One agent is enough.');
    expect(await subtasksOf(denied)).toEqual([]);
    const careful = await asking({ policy: { ...defaultPolicy, mode: 'accept-edits' } });
    expect(await careful.world.run('spawnTask', careful.call)).toMatchObject({ outcome: 'spawned' });
  });
});

describe('a subtask', () => {
  it('is not queued for a run that has ended in the meantime', async () => {
    const at = await asking();
    await at.world.run('spawnTask', at.call);
    const [first] = await subtasksOf(at);
    await at.world.run('endAgentRun', { agentRunId: at.parentId, ...end });
    const { agentId, okrRunId, taskId, model, worktreeId, host, briefDigest, systemDigest } = first!;
    const runs = createAgentRunRepository(at.world.database, at.world.workspaceId);
    const late = runs.queue({
      ...{
        key: 'late',
        okrRunId,
        taskId: taskId!,
        agentId,
        kind: 'subtask',
        round: 2,
        attempt: 1,
        runtime: 'api',
        model,
      },
      ...{ host: host!, worktreeId: worktreeId!, briefDigest, systemDigest },
      ...{ maxSteps: 10, maxWorkMs: 60_000, maxOutputTokens: 1_000 },
      subtask: { parentRunId: at.parentId, depth: 1, title: 'Too late', resultSchema: null, limitMicros: null },
    });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect(await subtasksOf(at)).toHaveLength(1);
  });

  it('that is still at work when its parent is ended from outside ends itself, and only then its parent has ended', async () => {
    const at = await asking();
    await at.world.run('spawnTask', at.call);
    const [child] = await subtasksOf(at);
    at.world.running.add(child!.id);
    const ending = at.world.run('endAgentRun', { agentRunId: at.parentId, ...end });
    expect(await failureOf(ending)).toMatchObject({ type: 'unavailable' });
    expect(at.world.nudges).toContain(`cancel ${child!.id}`);
    expect(await subtasksOf(at)).toMatchObject([{ state: 'queued' }]);
    at.world.running.delete(child!.id);
    await at.world.run('endAgentRun', { agentRunId: at.parentId, ...end });
    expect(await subtasksOf(at)).toMatchObject([{ state: 'cancelled' }]);
  });
});
