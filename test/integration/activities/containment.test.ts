import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AgentPolicy, KeyResultId } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  callsAt,
  createActivityWorld,
  failureOf,
  planApproved,
  planOf,
  resultOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

/** Exits 0 when what lies beside the worktrees can be read. */
const secretOf = (world: ActivityWorld): string => join(dirname(world.dataDir), 'home', '.ssh', 'id_ed25519');

async function contained(options: WorldOptions = {}): Promise<ActivityWorld> {
  const world = await createActivityWorld(held.database, { contained: true, ...options });
  mkdirSync(dirname(secretOf(world)), { recursive: true });
  writeFileSync(secretOf(world), 'the-secret-key\n');
  return world;
}

/** Prints what of the machine a program can reach; the path is known only once the world is. */
const reach = 'cat "$(dirname "$PWD")"/../../home/.ssh/id_ed25519 ../../mirrors/*/HEAD; echo "home: $HOME"';

/** What the policy would refuse before it is tried: here it is tried. */
const unjudged: AgentPolicy = { mode: 'full', rules: [{ effect: 'allow', danger: 'credential-read' }], hosts: [] };

const runOf = (world: ActivityWorld, id: string) => world.database.agentRun.findUniqueOrThrow({ where: { id } });

describe('what activities start, where it can be contained', () => {
  it('is contained when it is a command of an agent, and the run says so', async () => {
    const script = () => ({ toolCalls: [{ name: 'bash', input: { command: reach } }] });
    const world = await contained({ script, policy: unjudged });
    const { one } = await planApproved(world, planOf(['one']));
    const { agentRunId } = await taskBegun(world, one!);
    expect(await runOf(world, agentRunId)).toMatchObject({ containment: 'bubblewrap' });
    const [call] = await callsAt(world, agentRunId, 0);
    await world.run('runTool', call!);
    const { text } = await resultOf(world, call!);
    expect(text).toContain('home: /run/fermata/home');
    expect(text).not.toMatch(/the-secret-key|ref: refs/);
  });

  it('is contained when it is a set-up command, whose packages a gate then finds', async () => {
    const gates = [{ name: 'reach', command: `${reach}; cat ~/package`, timeoutMs: 20_000 }];
    const world = await contained({ gates, setupCommands: [`${reach}; echo fetched > ~/package`] });
    const { one } = await planApproved(world, planOf(['one']));
    await taskBegun(world, one!);
    const order = { taskId: one!, attempt: 1, phase: 'work', round: 0, gate: 'reach' } as const;
    const { state, tail } = await world.run('runGate', order);
    expect(state).toBe('passed');
    expect(tail).toContain('home: /run/fermata/home');
    expect(tail).toContain('fetched');
    expect(tail).not.toMatch(/the-secret-key|ref: refs/);
  });

  it('is contained when it measures', async () => {
    const measure = { kind: 'command', command: `${reach}; echo 7`, timeoutMs: 20_000 } as const;
    const read = { type: 'regex', pattern: '^(\\d+)$' } as const;
    const keyResult = { title: 'Reach', unit: 'n', statedBaseline: null, target: 7, direction: 'increase' } as const;
    const world = await contained();
    await planApproved(world, planOf(['one'], [{ ...keyResult, measure: { ...measure, read } }]));
    const { id } = await world.database.keyResult.findFirstOrThrow({ where: { okrRunId: world.okrRunId } });
    const order = { okrRunId: world.okrRunId, keyResultId: id as KeyResultId, phase: 'baseline' } as const;
    expect(await world.run('measureKeyResult', order)).toEqual({ outcome: 'measured' });
    const found = await world.database.keyResultMeasurement.findFirstOrThrow({ where: { keyResultId: id } });
    const { blobs } = repositoriesFor(world.database, world.workspaceId);
    const output = await blobs.get(found.outputDigest ?? '');
    expect(output).toContain('home: /run/fermata/home');
    expect(output).not.toMatch(/the-secret-key|ref: refs/);
  });

  it('has its commits kept by the checkpoint that follows', async () => {
    const command = 'echo x > x && git add x && git commit -qm "By the agent"; echo y > y';
    const world = await contained({ script: () => ({ toolCalls: [{ name: 'bash', input: { command } }] }) });
    const { one } = await planApproved(world, planOf(['one']));
    const { agentRunId } = await taskBegun(world, one!);
    const [call] = await callsAt(world, agentRunId, 0);
    await world.run('runTool', call!);
    await world.deps.checkpoints.idle();
    const { branch } = await world.database.task.findUniqueOrThrow({ where: { id: one! } });
    const log = ['--git-dir', world.deps.git.mirrorPath(world.repositoryId), 'log', '--format=%s', branch ?? ''];
    expect(world.repository.git(...log)).toBe('Checkpoint after step 1: bash\nBy the agent\nBegin');
  });

  it('fails as a command does, with what it printed', async () => {
    const world = await contained({ setupCommands: ['echo no package manager; exit 9'] });
    const { one } = await planApproved(world, planOf(['one']));
    await world.run('beginTask', { taskId: one!, attempt: 1 });
    const failure = await failureOf(world.run('prepareWorktree', { taskId: one!, attempt: 1 }));
    expect(failure.message).toMatch(/exited with 9.*no package manager/s);
  });
});

describe('an agent run', () => {
  it('says that nothing contains it where nothing does, also when that came later', async () => {
    const bash = { name: 'bash', input: { command: 'true' } };
    const world = await contained({ script: () => ({ toolCalls: [bash] }) });
    const { one } = await planApproved(world, planOf(['one']));
    const { agentRunId } = await taskBegun(world, one!);
    const [call] = await callsAt(world, agentRunId, 0);
    const plain = await createActivityWorld(held.database);
    // The worker was started again without.
    world.deps.sandboxes = { ...plain.deps.sandboxes };
    await world.run('runTool', call!);
    expect(await runOf(world, agentRunId)).toMatchObject({ containment: 'none' });
  });
});
