import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallRef } from '@fermata/contracts';
import { createStepRepository } from '@fermata/database';
import type { ScriptedToolCall } from '@fermata/scripted-model';
import { describe, expect, it } from 'vitest';
import { callsAt, createActivityWorld, failureOf, resultOf, type WorldOptions } from '../../support/activity-world.js';
import { agentAtWork, type AgentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

/** An agent at work on a task, whose model has just made these calls. */
const atWork = (toolCalls: readonly ScriptedToolCall[], options?: WorldOptions): Promise<AgentAtWork> =>
  agentAtWork(held.database, toolCalls, options);

const bash = (command: string): ScriptedToolCall => ({ name: 'bash', input: { command } });
const checkpoints = ({ world, agentRunId }: AgentAtWork): string[] =>
  world.repository
    .git(
      '--git-dir',
      world.deps.git.mirrorPath(world.repositoryId),
      'for-each-ref',
      `refs/fermata/checkpoints/${agentRunId}`,
    )
    .split('\n')
    .filter(Boolean);

/** As a worker does that dies once the tool has begun. */
async function claim({ world, agentRunId }: AgentAtWork, call: CallRef): Promise<void> {
  const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  const { okrRunId, taskId } = run;
  const step = {
    agentRunId,
    okrRunId,
    taskId,
    index: call.index,
    kind: 'tool',
    name: 'bash',
    callId: call.callId,
  } as const;
  await createStepRepository(world.database, world.workspaceId).start(step);
}

describe('an idempotent tool', () => {
  it('runs again after a crash without a second effect, and is recorded once', async () => {
    const at = await atWork([{ name: 'write', input: { path: 'made.txt', content: 'made\n' } }]);
    const [call] = at.calls;
    // The worker died after the tool and before the record: the file is there.
    writeFileSync(join(at.worktree, 'made.txt'), 'made\n');
    expect(await at.world.run('runTool', call!, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
    expect(await at.world.run('runTool', call!, { attempt: 3 })).toMatchObject({ state: 'succeeded' });
    expect(readFileSync(join(at.worktree, 'made.txt'), 'utf8')).toBe('made\n');
    await at.world.deps.checkpoints.idle();
    expect(checkpoints(at)).toHaveLength(1);
  });

  it('that only looks makes no checkpoint', async () => {
    const at = await atWork([{ name: 'read', input: { path: 'README.md' } }]);
    await at.world.run('runTool', at.calls[0]!);
    const step = await resultOf(at.world, at.calls[0]!);
    expect(step).toMatchObject({ state: 'succeeded', checkpoint: null });
    expect(step.text).toContain('# Demo');
    await at.world.deps.checkpoints.idle();
    expect(checkpoints(at)).toEqual([]);
  });
});

describe('a worktree whose folder somebody removes', () => {
  it('is made again from the last checkpoint and set up, and the agent is told', async () => {
    const at = await atWork([bash('echo kept > kept.txt'), bash('echo more >> kept.txt'), bash('cat kept.txt')], {
      setupCommands: ['echo ready > set-up.log'],
    });
    const [first, second, third] = at.calls;
    await at.world.run('runTool', first!);
    await at.world.deps.checkpoints.idle();
    rmSync(at.worktree, { recursive: true });
    expect(await at.world.run('runTool', second!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, second!)).text).toMatch(/^Not run: the folder of your worktree had been removed/);
    expect(readFileSync(join(at.worktree, 'kept.txt'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(at.worktree, 'set-up.log'))).toBe(true);
    expect(await at.world.run('runTool', third!)).toMatchObject({ state: 'succeeded' });
  });

  it('is made again for a tool that only looks, too', async () => {
    const read: ScriptedToolCall = { name: 'read', input: { path: 'README.md' } };
    const at = await atWork([read, read]);
    rmSync(at.worktree, { recursive: true });
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect(await at.world.run('runTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
  });

  it('does not turn a tool that may have run into one that has not', async () => {
    const at = await atWork([bash('echo ran > ran.txt')]);
    await claim(at, at.calls[0]!);
    rmSync(at.worktree, { recursive: true });
    expect(await at.world.run('runTool', at.calls[0]!, { attempt: 2 })).toEqual({ state: 'unknown' });
    expect(existsSync(join(at.worktree, 'README.md'))).toBe(true);
  });
});

describe('an unsafe tool', () => {
  it('runs once, and its work is a commit while the model is asked on', async () => {
    const at = await atWork([bash('echo ran >> log.txt')]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'succeeded' });
    expect(await at.world.run('runTool', at.calls[0]!, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
    expect(readFileSync(join(at.worktree, 'log.txt'), 'utf8')).toBe('ran\n');
    await at.world.deps.checkpoints.idle();
    const { checkpoint } = await resultOf(at.world, at.calls[0]!);
    expect(
      at.world.repository.git(
        '--git-dir',
        at.world.deps.git.mirrorPath(at.world.repositoryId),
        'show',
        `${checkpoint}:log.txt`,
      ),
    ).toBe('ran');
  });

  it('waits for the checkpoint of the one before it, so that each checkpoint has what its step left', async () => {
    const at = await atWork([bash('echo 1 > log.txt'), bash('echo 2 > log.txt'), bash('echo 3 > log.txt')]);
    for (const call of at.calls) await at.world.run('runTool', call);
    await at.world.deps.checkpoints.idle();
    const mirror = at.world.deps.git.mirrorPath(at.world.repositoryId);
    for (const [position, call] of at.calls.entries()) {
      const { checkpoint } = await resultOf(at.world, call);
      const kept = at.world.repository.git('--git-dir', mirror, 'show', `${checkpoint}:log.txt`);
      expect(kept).toBe(String(position + 1));
    }
  });

  it('is told of a checkpoint that failed before it acts, and makes up for it when it is tried again', async () => {
    const at = await atWork([bash('echo 1 > log.txt'), bash('echo 2 >> log.txt')]);
    const [first, second] = at.calls;
    const mirror = at.world.deps.git.mirrorPath(at.world.repositoryId);
    renameSync(join(mirror, 'objects'), join(mirror, 'objects-away'));
    await at.world.run('runTool', first!);
    expect(await failureOf(at.world.run('runTool', second!))).toMatchObject({ name: 'ApplicationFailure' });
    expect(readFileSync(join(at.worktree, 'log.txt'), 'utf8')).toBe('1\n');
    renameSync(join(mirror, 'objects-away'), join(mirror, 'objects'));
    expect(await at.world.run('runTool', second!, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
    await at.world.deps.checkpoints.idle();
    const { checkpoint } = await resultOf(at.world, second!);
    expect(at.world.repository.git('--git-dir', mirror, 'show', `${checkpoint}:log.txt`)).toBe('1\n2');
  });

  it('that changes nothing makes no checkpoint commit', async () => {
    const at = await atWork([bash('true')]);
    await at.world.run('runTool', at.calls[0]!);
    await at.world.deps.checkpoints.idle();
    expect((await resultOf(at.world, at.calls[0]!)).checkpoint).toBeNull();
  });

  it('that was claimed and never recorded is not run again: the model is told that the outcome is unknown', async () => {
    const at = await atWork([bash('echo ran >> log.txt')]);
    const [call] = at.calls;
    await claim(at, call!);
    writeFileSync(join(at.worktree, 'half.txt'), 'half');
    expect(await at.world.run('runTool', call!, { attempt: 2 })).toEqual({ state: 'unknown' });
    expect(existsSync(join(at.worktree, 'log.txt'))).toBe(false);
    const step = await resultOf(at.world, call!);
    expect(step.text).toContain('Outcome unknown');
    expect(step.checkpoint).not.toBeNull();
    expect(await at.world.run('runTool', call!, { attempt: 3 })).toEqual({ state: 'unknown' });
  });

  it('cancelled in the middle ends with everything it had started, is unknown, and keeps what it had changed', async () => {
    const at = await atWork([
      bash('echo before > before.txt; (sleep 60; echo after > after.txt) & while sleep 0.2; do echo at work; done'),
    ]);
    const [call] = at.calls;
    const ended = at.world.run('runTool', call!, {
      watch: (environment) => environment.once('heartbeat', () => environment.cancel()),
    });
    expect(await failureOf(ended).catch((error: unknown) => error)).toMatchObject({ name: 'CancelledFailure' });
    const step = await resultOf(at.world, call!);
    expect(step).toMatchObject({ state: 'unknown' });
    expect(step.checkpoint).not.toBeNull();
    // Ended, not orphaned: nobody has the worktree for its folder any more.
    const { spawnSync } = await import('node:child_process');
    const { stdout } = spawnSync('pgrep', ['-f', `after > after.txt`], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(readFileSync(join(at.worktree, 'before.txt'), 'utf8')).toBe('before\n');
  });

  it('that prints more than the cap is stored cut, and says so', async () => {
    const at = await atWork([bash('seq 1 20000')]);
    await at.world.run('runTool', at.calls[0]!);
    const { text } = await resultOf(at.world, at.calls[0]!);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/bytes left out here/);
    expect(text).toContain('20000');
    expect(text).toMatch(/\[all of it is kept: read_output with id [0-9a-f]{64}\]$/);
  });

  it('sees nothing of the keys in the environment', async () => {
    const environment = {
      ...{
        ANTHROPIC_API_KEY: 'sk-never-1',
        OPENAI_API_KEY: 'sk-never-2',
        DATABASE_URL: 'postgresql://u:sk-never-3@h/d',
      },
      ...{ HTTPS_PROXY: 'http://user:sk-never-4@proxy:1', NPM_TOKEN: 'sk-never-5' },
    };
    const at = await atWork([bash('env; set')], { environment });
    await at.world.run('runTool', at.calls[0]!);
    const { text } = await resultOf(at.world, at.calls[0]!);
    expect(text).toContain('PATH=');
    const rows = JSON.stringify(
      [
        await at.world.database.event.findMany(),
        await at.world.database.blob.findMany({ where: { workspaceId: at.world.workspaceId } }),
      ],
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(rows).toContain('PATH=');
    expect(rows).not.toContain('sk-never');
  });
});

describe('a call that cannot be made', () => {
  it.each<[string, ScriptedToolCall, RegExp]>([
    ['with wrong arguments', { name: 'bash', input: { cmd: 'ls' } }, /command/],
    ['with arguments that are no JSON', { name: 'bash', inputText: '{"command": "ls' }, /not valid JSON/],
    ['to a tool that is not there', { name: 'fly', input: {} }, /no tool "fly"/],
  ])('%s is a result for the model to read, not a failure', async (_name, toolCall, text) => {
    const at = await atWork([toolCall]);
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toMatch(text);
  });

  it.each([bash('touch x'), { name: 'write', input: { path: 'x', content: 'x' } }, { name: 'edit', input: {} }])(
    'in a run that only looks is $name',
    async (toolCall) => {
      const world = await createActivityWorld(held.database, { script: () => ({ toolCalls: [toolCall] }) });
      const { agentRunId } = await world.run('queuePlanning', { okrRunId: world.okrRunId });
      await world.run('beginAgentRun', { agentRunId });
      const [call] = await callsAt(world, agentRunId, 0);
      expect(await world.run('runTool', call!)).toMatchObject({ state: 'failed' });
      expect(existsSync(join(world.deps.git.worktreePath(`${world.okrRunId}-plan`), 'x'))).toBe(false);
    },
  );
});

describe('what a run may be told late', () => {
  it('changes nothing once the run has ended', async () => {
    const at = await atWork([bash('echo late > late.txt')]);
    await at.world.run('endAgentRun', { agentRunId: at.agentRunId, state: 'cancelled', failure: null });
    const failure = await failureOf(at.world.run('runTool', at.calls[0]!));
    expect(failure).toMatchObject({ type: 'conflict', nonRetryable: true });
    expect(existsSync(join(at.worktree, 'late.txt'))).toBe(false);
  });
});
