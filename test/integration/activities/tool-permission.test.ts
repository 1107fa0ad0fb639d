import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentPolicy, ApprovalId, CallRef } from '@fermata/contracts';
import { createStepRepository, repositoriesFor } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { type ActivityWorld, createActivityWorld, failureOf, resultOf } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const bash = (command: string): ScriptedToolCall => ({ name: 'bash', input: { command } });
const asking: AgentPolicy = { mode: 'accept-edits', rules: [], hosts: [] };

const atWork = (toolCalls: readonly ScriptedToolCall[], policy?: AgentPolicy): Promise<AgentAtWork> =>
  agentAtWork(held.database, toolCalls, policy && { policy });

const approvals = (world: ActivityWorld) => repositoriesFor(world.database, world.workspaceId).approvals;

async function askedBy(world: ActivityWorld, call: CallRef): Promise<ApprovalId> {
  const turn = await world.run('runTool', call);
  if (turn.state !== 'asked') throw new Error(`it was not asked: ${turn.state}`);
  return turn.approvalId;
}

async function decide(world: ActivityWorld, approvalId: ApprovalId, state: 'approved' | 'denied'): Promise<void> {
  const { digest } = await approvals(world).get(approvalId);
  await approvals(world).decide({ approvalId, digest, state, decidedBy: world.principalId, reason: 'because' });
}

describe('a call that the deny table refuses', () => {
  it('is not made, and the model is told by what and why', async () => {
    const { world, worktree, calls } = await atWork([bash('rm -rf . && echo gone')]);
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'failed' });
    expect(existsSync(join(worktree, 'README.md'))).toBe(true);
    const { text } = await resultOf(world, calls[0]!);
    expect(text).toContain('Not done: the policy of this agent refuses it.');
    expect(text).toContain('deny-table: delete-worktree');
  });

  it('reads no credentials, through a tool or through the shell', async () => {
    const { world, calls } = await atWork([bash('cat ~/.ssh/id_rsa'), { name: 'read', input: { path: '~/.netrc' } }]);
    for (const call of calls) expect(await world.run('runTool', call)).toMatchObject({ state: 'failed' });
    expect((await resultOf(world, calls[0]!)).text).toContain('credential-read');
  });
});

describe('a call that the policy leaves to a person', () => {
  it('is asked once, with what it is and what the worktree holds, and nothing is done meanwhile', async () => {
    const { world, worktree, calls } = await atWork([bash('touch made.txt')], asking);
    const approvalId = await askedBy(world, calls[0]!);
    expect(await askedBy(world, calls[0]!)).toBe(approvalId);
    expect(existsSync(join(worktree, 'made.txt'))).toBe(false);
    expect(await approvals(world).get(approvalId)).toMatchObject({
      kind: 'tool_call',
      title: 'May the agent run `touch made.txt`?',
      detail: { tool: 'bash', input: { command: 'touch made.txt' }, rule: 'mode: accept-edits' },
    });
  });

  it('is made when it was approved', async () => {
    const { world, worktree, calls } = await atWork([bash('touch made.txt')], asking);
    await decide(world, await askedBy(world, calls[0]!), 'approved');
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'succeeded' });
    expect(existsSync(join(worktree, 'made.txt'))).toBe(true);
  });

  it('is not made when it was denied, and the model reads why', async () => {
    const { world, worktree, calls } = await atWork([bash('touch made.txt')], asking);
    await decide(world, await askedBy(world, calls[0]!), 'denied');
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'failed' });
    expect(existsSync(join(worktree, 'made.txt'))).toBe(false);
    expect((await resultOf(world, calls[0]!)).text).toBe('Not done: a person said no, because: because.');
  });

  it('is not made when nobody answered in time', async () => {
    const { world, calls } = await atWork([bash('touch made.txt')], asking);
    await approvals(world).expire(await askedBy(world, calls[0]!));
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(world, calls[0]!)).text).toContain('nobody answered in time');
  });

  it('is asked anew when the worktree is no longer what was shown', async () => {
    const { world, worktree, calls } = await atWork([bash('sh build.sh')], asking);
    const first = await askedBy(world, calls[0]!);
    await decide(world, first, 'approved');
    writeFileSync(join(worktree, 'build.sh'), 'rm -rf /\n');
    expect(await askedBy(world, calls[0]!)).not.toBe(first);
  });

  it('is not asked about again when it may have run: the model is told that its outcome is unknown', async () => {
    const { world, worktree, calls } = await atWork([bash('touch made.txt')], asking);
    const approvalId = await askedBy(world, calls[0]!);
    await decide(world, approvalId, 'approved');
    const { agentRunId, index, callId } = calls[0]!;
    // What a worker leaves that was killed in the middle.
    const place = { agentRunId, okrRunId: world.okrRunId, taskId: null, index };
    const step = { ...place, kind: 'tool', name: 'bash', callId } as const;
    await createStepRepository(world.database, world.workspaceId).start(step);
    writeFileSync(join(worktree, 'half.txt'), 'half');
    expect(await world.run('runTool', calls[0]!, { attempt: 2 })).toEqual({ state: 'unknown' });
    expect(await approvals(world).pending()).toEqual([]);
  });

  it('is made without a question once a rule allows it', async () => {
    const { world, calls } = await atWork([bash('touch made.txt')], asking);
    await askedBy(world, calls[0]!);
    const { agents } = repositoriesFor(world.database, world.workspaceId);
    const agent = await agents.getByName('default');
    const policy: AgentPolicy = { ...asking, rules: [{ effect: 'allow', tool: 'bash', command: 'touch *' }] };
    await agents.save({ ...agent, policy }, { savedBy: world.principalId });
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'succeeded' });
  });
});

describe('an agent whose policy requires that its programs are contained', () => {
  it('does not begin where nothing contains them, and says what to do', async () => {
    const policy: AgentPolicy = { mode: 'full', rules: [], hosts: [], requires: 'bubblewrap' };
    const world = await createActivityWorld(held.database, { policy });
    const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
    const failure = await failureOf(world.run('beginAgentRun', { agentRunId }));
    expect(failure).toMatchObject({ type: 'missing_program', nonRetryable: true });
    expect(failure.message).toContain('requires bubblewrap');
  });
});

describe('a call that is wrong', () => {
  it('is not asked about: the tool itself tells the model what is wrong', async () => {
    const { world, calls } = await atWork([{ name: 'bash', input: { cmd: 'ls' } }], asking);
    expect(await world.run('runTool', calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(world, calls[0]!)).text).toContain('not valid');
  });
});
