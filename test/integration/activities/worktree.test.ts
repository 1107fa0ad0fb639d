import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskId } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  failureOf,
  planApproved,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();

async function begun(options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, options);
  const { one } = await planApproved(world, planOf(['one']));
  const ref = { taskId: one!, attempt: 1 };
  return { world, ref, ...(await taskBegun(world, one!)) };
}

const taskRow = (world: ActivityWorld, id: TaskId) => world.database.task.findUniqueOrThrow({ where: { id } });
const inMirror = (world: ActivityWorld, ...args: string[]) =>
  world.repository.git('--git-dir', world.deps.git.mirrorPath(world.repositoryId), ...args);

describe('preparing a worktree', () => {
  it('twice finds the first, with what was done in it', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'work.txt'), 'work');
    const before = await taskRow(world, ref.taskId);
    await world.run('prepareWorktree', ref, { attempt: 2 });
    expect(existsSync(join(worktree, 'work.txt'))).toBe(true);
    expect((await taskRow(world, ref.taskId)).baseCommit).toBe(before.baseCommit);
  });

  it('runs the set-up commands there, and says which one failed and how', async () => {
    const world = await createActivityWorld(held.database, {
      setupCommands: ['echo first > set-up.txt', 'echo is broken; exit 3', 'touch never.txt'],
    });
    const { one } = await planApproved(world, planOf(['one']));
    await world.run('beginTask', { taskId: one!, attempt: 1 });
    const failure = await failureOf(world.run('prepareWorktree', { taskId: one!, attempt: 1 }));
    expect(failure).toMatchObject({ type: 'command_failed', nonRetryable: true });
    expect(failure.message).toMatch(/"echo is broken; exit 3" exited with 3.*is broken/s);
    const worktree = world.deps.git.worktreePath(one!);
    expect(existsSync(join(worktree, 'set-up.txt'))).toBe(true);
    expect(existsSync(join(worktree, 'never.txt'))).toBe(false);
  });

  it('is cancelled in the middle of a set-up command', async () => {
    const world = await createActivityWorld(held.database, {
      setupCommands: ['while sleep 0.2; do echo at work; done'],
    });
    const { one } = await planApproved(world, planOf(['one']));
    await world.run('beginTask', { taskId: one!, attempt: 1 });
    const ended = world.run(
      'prepareWorktree',
      { taskId: one!, attempt: 1 },
      { watch: (environment) => environment.once('heartbeat', () => environment.cancel()) },
    );
    expect(await failureOf(ended).catch((error: unknown) => error)).toMatchObject({ name: 'CancelledFailure' });
  });

  it('of a repository that is gone says so, and is tried again: it may be put back', async () => {
    const world = await createActivityWorld(held.database);
    const { one } = await planApproved(world, planOf(['one']));
    await world.run('beginTask', { taskId: one!, attempt: 1 });
    rmSync(world.repository.path, { recursive: true });
    const failure = await failureOf(world.run('prepareWorktree', { taskId: one!, attempt: 1 }));
    expect(failure).toMatchObject({ type: 'repository_away', nonRetryable: false });
    expect(failure.message).toContain(world.repository.path);
  });
});

describe('a worktree whose folder somebody removes', () => {
  it('is made again for the gates, from what was last committed', async () => {
    const { world, ref, worktree } = await begun({
      gates: [{ name: 'there', command: 'test -f work.txt', timeoutMs: 9_000 }],
    });
    writeFileSync(join(worktree, 'work.txt'), 'work');
    await world.run('inspectChange', ref);
    rmSync(worktree, { recursive: true });
    const gate = { ...ref, phase: 'work', round: 0, gate: 'there' } as const;
    expect(await world.run('runGate', gate)).toMatchObject({ state: 'passed' });
  });
});

describe('releasing a worktree', () => {
  it('commits what nobody had committed and keeps it on the branch, also where its people look', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'half.txt'), 'half done');
    expect(await world.run('releaseWorktree', ref)).toEqual({ changed: true });
    expect(existsSync(worktree)).toBe(false);
    const { branch, headCommit } = await taskRow(world, ref.taskId);
    expect(inMirror(world, 'show', `${branch}:half.txt`)).toBe('half done');
    expect(world.repository.git('rev-parse', `${branch}`)).toBe(headCommit);
  });

  it('again after a crash before the record still knows that there were changes', async () => {
    const { world, ref, worktree } = await begun();
    const { headCommit } = await taskRow(world, ref.taskId);
    writeFileSync(join(worktree, 'half.txt'), 'half done');
    await world.run('releaseWorktree', ref);
    // What the crash leaves behind, had it come after the worktree went.
    await world.database.task.update({ where: { id: ref.taskId }, data: { headCommit } });
    const { changed } = await world.run('releaseWorktree', ref, { attempt: 2 });
    expect(changed).toBe(true);
  });

  it('without any changes says so', async () => {
    const { world, ref } = await begun();
    expect(await world.run('releaseWorktree', ref)).toEqual({ changed: false });
    expect(await world.run('releaseWorktree', ref, { attempt: 2 })).toEqual({ changed: false });
  });

  it('that was never made is harmless', async () => {
    const world = await createActivityWorld(held.database);
    const { one } = await planApproved(world, planOf(['one']));
    await world.run('beginTask', { taskId: one!, attempt: 1 });
    expect(await world.run('releaseWorktree', { taskId: one!, attempt: 1 })).toEqual({ changed: false });
  });

  it('whose work cannot be saved removes nothing', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'half.txt'), 'half done');
    const mirror = world.deps.git.mirrorPath(world.repositoryId);
    // Nothing can be written into the mirror: its objects are a file.
    const { renameSync } = await import('node:fs');
    renameSync(join(mirror, 'objects'), join(mirror, 'objects.away'));
    await failureOf(world.run('releaseWorktree', ref));
    expect(existsSync(join(worktree, 'half.txt'))).toBe(true);
    renameSync(join(mirror, 'objects.away'), join(mirror, 'objects'));
    expect(await world.run('releaseWorktree', ref)).toEqual({ changed: true });
  });

  it('is done although the branch cannot be shown in the repository, which has gone away', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'half.txt'), 'half done');
    rmSync(world.repository.path, { recursive: true });
    expect(await world.run('releaseWorktree', ref)).toEqual({ changed: true });
    expect(existsSync(worktree)).toBe(false);
  });

  it('of an attempt that another has followed leaves the new one its worktree', async () => {
    const { world, ref, worktree } = await begun();
    await world.database.task.update({ where: { id: ref.taskId }, data: { attempts: 2 } });
    await world.run('releaseWorktree', ref);
    expect(existsSync(worktree)).toBe(true);
  });
});

describe('looking at a change', () => {
  it('tells an empty one from work, and commits the work', async () => {
    const { world, ref, worktree } = await begun();
    expect(await world.run('inspectChange', ref)).toMatchObject({ empty: true });
    writeFileSync(join(worktree, 'work.txt'), 'work');
    const { empty, headCommit } = await world.run('inspectChange', ref);
    expect(empty).toBe(false);
    expect(inMirror(world, 'show', `${headCommit}:work.txt`)).toBe('work');
    expect(inMirror(world, 'log', '-1', '--format=%B', headCommit)).toContain(`Fermata-Task: ${ref.taskId}`);
  });
});

describe('bringing the target in', () => {
  it('leaves conflicts in the files for an agent, also when it is asked twice', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'README.md'), '# Ours\n');
    await world.run('inspectChange', ref);
    world.repository.write('README.md', '# Theirs\n');
    const targetCommit = world.repository.commit('Theirs');
    await world.deps.git.syncMirror({ repositoryId: world.repositoryId, location: world.repository.path });
    for (const attempt of [1, 2]) {
      const merged = await world.run('mergeTarget', { ...ref, targetCommit }, { attempt });
      expect(merged).toEqual({ conflictingFiles: ['README.md'] });
    }
  });

  it('does not make what others have merged a part of the change', async () => {
    const { world, ref, worktree } = await begun();
    writeFileSync(join(worktree, 'ours.txt'), 'ours\n');
    await world.run('inspectChange', ref);
    const first = await world.run('prepareChangeRequest', ref);
    world.repository.write('theirs.txt', 'theirs\n');
    const targetCommit = world.repository.commit('Theirs');
    await world.deps.git.syncMirror({ repositoryId: world.repositoryId, location: world.repository.path });
    await world.run('mergeTarget', { ...ref, targetCommit });
    expect(await world.run('inspectChange', ref)).toMatchObject({ empty: false });

    const { agentRunId } = await world.run('queueAgentRun', { ...ref, kind: 'review', round: 1 });
    const { briefDigest } = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    const brief = await repositoriesFor(world.database, world.workspaceId).blobs.get(briefDigest);
    expect(brief).toContain('b/ours.txt');
    expect(brief).not.toContain('theirs.txt');
    expect(await world.run('prepareChangeRequest', ref)).toEqual(first);
    const { baseCommit, headCommit } = await world.database.changeRequest.findUniqueOrThrow({
      where: { id: first.changeRequestId },
    });
    expect(inMirror(world, 'diff', '--name-only', baseCommit, headCommit)).toBe('ours.txt');

    rmSync(join(worktree, 'ours.txt'));
    expect(await world.run('inspectChange', ref)).toMatchObject({ empty: true });
  });
});

describe('a gate', () => {
  const gates = [
    { name: 'passes', command: 'echo fine', timeoutMs: 10_000 },
    { name: 'fails', command: 'echo broken; exit 4', timeoutMs: 10_000 },
    {
      name: 'counts',
      command: 'echo ran >> ignored/count || { mkdir ignored; echo ran >> ignored/count; }',
      timeoutMs: 10_000,
    },
    { name: 'hangs', command: 'sleep 60', timeoutMs: 200 },
  ];
  const order = { phase: 'work', round: 0 } as const;

  it('runs once in each round, and its result names the commit it ran on', async () => {
    const { world, ref, worktree } = await begun({ gates });
    writeFileSync(join(worktree, 'work.txt'), 'work');
    for (const attempt of [1, 2])
      expect(await world.run('runGate', { ...ref, ...order, gate: 'counts' }, { attempt })).toMatchObject({
        state: 'passed',
      });
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(join(worktree, 'ignored/count'), 'utf8')).toBe('ran\n');
    const [result] = await world.database.gateResult.findMany({ where: { taskId: ref.taskId } });
    expect(inMirror(world, 'show', `${result?.commit}:work.txt`)).toBe('work');
  });

  it('that fails or takes too long has not passed, and its output is kept', async () => {
    const { world, ref } = await begun({ gates });
    expect(await world.run('runGate', { ...ref, ...order, gate: 'fails' })).toMatchObject({
      state: 'failed',
      exitCode: 4,
      tail: expect.stringContaining('broken') as string,
    });
    expect(await world.run('runGate', { ...ref, ...order, gate: 'hangs' })).toMatchObject({ state: 'timed_out' });
  });

  it('that is cancelled leaves no result', async () => {
    const { world, ref } = await begun({
      gates: [{ name: 'slow', command: 'while sleep 0.2; do echo at work; done', timeoutMs: 90_000 }],
    });
    const ended = world.run(
      'runGate',
      { ...ref, ...order, gate: 'slow' },
      {
        watch: (environment) => environment.once('heartbeat', () => environment.cancel()),
      },
    );
    expect(await failureOf(ended).catch((error: unknown) => error)).toMatchObject({ name: 'CancelledFailure' });
    expect(await world.database.gateResult.count({ where: { taskId: ref.taskId } })).toBe(0);
  });

  it('that the repository has no more is an error, not a pass', async () => {
    const { world, ref } = await begun();
    expect(await failureOf(world.run('runGate', { ...ref, ...order, gate: 'gone' }))).toMatchObject({
      type: 'not_found',
    });
  });
});
