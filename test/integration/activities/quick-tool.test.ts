import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPolicy } from '@fermata/contracts';
import { createStepRepository } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { failureOf, resultOf } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

const atWork = (...toolCalls: ScriptedToolCall[]): Promise<AgentAtWork> => agentAtWork(held.database, toolCalls);
const read: ScriptedToolCall = { name: 'read', input: { path: 'README.md' } };
const edit: ScriptedToolCall = {
  name: 'edit',
  input: { path: 'README.md', old_string: '# Demo', new_string: '# Shown' },
};
const readme = ({ worktree }: AgentAtWork): string => readFileSync(join(worktree, 'README.md'), 'utf8');

/** An agent whose edit was begun by an attempt that died before it could say what it has done. */
async function afterCrash({
  edited,
}: {
  edited: boolean;
}): Promise<AgentAtWork & { call: AgentAtWork['calls'][number] }> {
  const at = await atWork(edit);
  const { world, agentRunId, taskId } = at;
  const call = at.calls[0]!;
  const { index, callId } = call;
  const step = { agentRunId, okrRunId: world.okrRunId, taskId, index, kind: 'tool', name: 'edit', callId } as const;
  await createStepRepository(world.database, world.workspaceId).start(step);
  if (edited) writeFileSync(join(at.worktree, 'README.md'), readme(at).replace('# Demo', '# Shown'));
  return { ...at, call };
}

describe('a quick tool', () => {
  it('does what the tool does, is recorded once, and what it changed is kept', async () => {
    const at = await atWork(read, edit);
    for (const call of at.calls) expect(await at.world.run('runQuickTool', call)).toMatchObject({ state: 'succeeded' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('# Demo');
    expect(readme(at)).toContain('# Shown');
    await at.world.deps.checkpoints.idle();
    expect((await resultOf(at.world, at.calls[1]!)).checkpoint).toMatch(/^[0-9a-f]{40}$/);
    expect(await at.world.run('runQuickTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
    expect(readme(at).match(/# Shown/g)).toHaveLength(1);
  });

  it('declines what takes its time', async () => {
    const at = await atWork(
      { name: 'bash', input: { command: 'echo ran > ran.txt' } },
      { name: 'grep', input: { pattern: 'Demo' } },
    );
    for (const call of at.calls)
      expect(await at.world.run('runQuickTool', call)).toEqual({ state: 'declined', lasting: true });
    expect(await at.world.database.agentStep.count({ where: { agentRunId: at.agentRunId, kind: 'tool' } })).toBe(0);
  });

  it('declines on another host, even one that has a folder of that name', async () => {
    const at = await atWork(edit);
    await at.world.database.agentRun.update({ where: { id: at.agentRunId }, data: { host: 'another' } });
    expect(await at.world.run('runQuickTool', at.calls[0]!)).toEqual({ state: 'declined', lasting: true });
    expect(readme(at)).toContain('# Demo');
  });

  it('declines where the folder of the worktree is gone, and the queue of the host makes it again', async () => {
    const at = await atWork(read, read);
    rmSync(at.worktree, { recursive: true });
    expect(await at.world.run('runQuickTool', at.calls[0]!)).toEqual({ state: 'declined', lasting: true });
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect(await at.world.run('runQuickTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
  });

  it('leaves a checkpoint that failed to the queue of the host, which tells it and makes up for it', async () => {
    const at = await atWork(edit, read);
    const mirror = at.world.deps.git.mirrorPath(at.world.repositoryId);
    renameSync(join(mirror, 'objects'), join(mirror, 'objects-away'));
    expect(await at.world.run('runQuickTool', at.calls[0]!)).toMatchObject({ state: 'succeeded' });
    expect(await at.world.run('runQuickTool', at.calls[1]!)).toEqual({ state: 'declined', lasting: false });
    expect(await failureOf(at.world.run('runTool', at.calls[1]!))).toMatchObject({ name: 'ApplicationFailure' });
    renameSync(join(mirror, 'objects-away'), join(mirror, 'objects'));
    expect(await at.world.run('runTool', at.calls[1]!, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
  });

  it('obeys the policy', async () => {
    const rules = [{ effect: 'deny', path: 'README.md' } as const];
    const at = await agentAtWork(held.database, [edit], { policy: { ...defaultPolicy, rules } });
    expect(await at.world.run('runQuickTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('policy of this agent refuses it');
    expect(readme(at)).toContain('# Demo');
  });
});

/** Temporal counts no attempts of what dies with the workflow's task: the second one here is an attempt 1, too. */
describe('a quick tool whose worker died', () => {
  it.each(['runQuickTool', 'runTool'] as const)(
    'finds its edit done, by %s, and does not call it impossible',
    async (name) => {
      const at = await afterCrash({ edited: true });
      expect(await at.world.run(name, at.call)).toMatchObject({ state: 'succeeded' });
      expect((await resultOf(at.world, at.call)).text).toContain('already applied');
      await at.world.deps.checkpoints.idle();
      expect((await resultOf(at.world, at.call)).checkpoint).toMatch(/^[0-9a-f]{40}$/);
    },
  );

  it('is told that its worktree was made again, when the folder was removed meanwhile', async () => {
    const at = await afterCrash({ edited: true });
    rmSync(at.worktree, { recursive: true });
    expect(await at.world.run('runTool', at.call)).toMatchObject({ state: 'failed' });
    expect(await resultOf(at.world, at.call)).toMatchObject({
      ...{ state: 'failed', text: expect.stringContaining('had been removed') as string },
    });
  });

  it('makes its edit when it had not been made', async () => {
    const at = await afterCrash({ edited: false });
    expect(await at.world.run('runQuickTool', at.call)).toMatchObject({ state: 'succeeded' });
    expect(readme(at)).toContain('# Shown');
  });
});
