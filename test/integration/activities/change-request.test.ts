import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeRequestId } from '@fermata/contracts';
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

/** A task whose work is committed and whose change request is prepared. */
async function prepared(options: WorldOptions = {}) {
  const world = await createActivityWorld(held.database, options);
  const { one } = await planApproved(world, planOf(['one']));
  const { worktree } = await taskBegun(world, one!);
  writeFileSync(join(worktree, 'made.txt'), 'made\n');
  const ref = { taskId: one!, attempt: 1 };
  await world.run('inspectChange', ref);
  await world.run('moveTask', { ...ref, to: 'review' });
  const { changeRequestId } = await world.run('prepareChangeRequest', ref);
  return { world, ref, worktree, changeRequestId };
}

async function readyToLand(options: WorldOptions = {}) {
  const at = await prepared(options);
  await at.world.run('publishChange', at);
  const landing = await at.world.run('prepareLanding', { ...at, round: 0 });
  if (landing.outcome !== 'prepared') throw new Error(landing.outcome);
  await at.world.run('moveChangeRequest', { ...at, to: 'ready' });
  await at.world.run('moveChangeRequest', { ...at, to: 'merging' });
  return { ...at, landing: { ...at, commit: landing.commit, targetCommit: landing.targetCommit } };
}

const row = (world: ActivityWorld, id: ChangeRequestId) =>
  world.database.changeRequest.findUniqueOrThrow({ where: { id } });
const effectsOf = (world: ActivityWorld, subjectId: string) =>
  world.database.effect.findMany({ where: { subjectId }, orderBy: { id: 'asc' } });
const main = (world: ActivityWorld) => world.repository.git('rev-parse', 'main');
const landedCommits = (world: ActivityWorld) =>
  world.repository
    .git('log', 'main', '--format=%s')
    .split('\n')
    .filter((subject) => subject === 'Task one').length;

describe('a change request', () => {
  it('is one for each attempt', async () => {
    const { world, ref, changeRequestId } = await prepared();
    expect(await world.run('prepareChangeRequest', ref, { attempt: 2 })).toEqual({ changeRequestId });
  });

  it('is published once, and the ledger says so', async () => {
    const { world, changeRequestId } = await prepared();
    await world.run('publishChange', { changeRequestId });
    await world.run('publishChange', { changeRequestId }, { attempt: 2 });
    const { branch, state, headCommit } = await row(world, changeRequestId);
    expect(state).toBe('open');
    expect(world.repository.git('rev-parse', branch)).toBe(headCommit);
    expect(await effectsOf(world, changeRequestId)).toMatchObject([{ kind: 'branch.publish', state: 'done' }]);
  });

  it('is published after a crash between the deed and its record', async () => {
    const { world, changeRequestId } = await prepared();
    const { branch, headCommit } = await row(world, changeRequestId);
    const { effects } = repositoriesFor(world.database, world.workspaceId);
    const key = `branch.publish:${changeRequestId}:${headCommit}`;
    await effects.intend({ kind: 'branch.publish', key, subjectId: changeRequestId, intent: { branch, headCommit } });
    const { repositoryId, repository } = world;
    await world.deps.git.publishBranch({ repositoryId, location: repository.path, branch });
    await world.run('publishChange', { changeRequestId }, { attempt: 2 });
    expect(await effectsOf(world, changeRequestId)).toMatchObject([{ state: 'done', attempts: 2 }]);
  });

  it('lands, is read back from git and takes its branch down', async () => {
    const { world, landing, changeRequestId, ref } = await readyToLand();
    expect(await world.run('completeLanding', landing)).toEqual({ outcome: 'landed', commit: landing.commit });
    await world.run('recordMerged', landing);
    expect(main(world)).toBe(landing.commit);
    expect(world.repository.read('made.txt')).toBe('made\n');
    expect(await row(world, changeRequestId)).toMatchObject({
      state: 'merged',
      mergedCommit: landing.commit,
      waitingOn: null,
    });
    expect(world.repository.git('branch', '--list', 'fermata/*')).toBe('');
    expect(existsSync(world.deps.git.worktreePath(changeRequestId))).toBe(false);
    expect(world.repository.git('log', '-1', '--format=%B', 'main')).toContain(`Fermata-Task: ${ref.taskId}`);
  });

  it('is gated on the very commit that lands, and the results say so', async () => {
    const gates = ['first', 'second'].map((name) => ({ name, command: 'git status --short', timeoutMs: 10_000 }));
    const { world, ref, landing } = await readyToLand({ gates });
    for (const { name: gate } of gates) await world.run('runGate', { ...ref, phase: 'landing', round: 0, gate });
    await world.run('completeLanding', landing);
    const results = await world.database.gateResult.findMany({ where: { taskId: ref.taskId, phase: 'landing' } });
    expect(results.map(({ state, commit }) => ({ state, commit }))).toEqual(
      gates.map(() => ({ state: 'passed', commit: main(world) })),
    );
  });

  it('lands once, wherever a crash comes', async () => {
    const { world, landing, changeRequestId } = await readyToLand();
    const { effects } = repositoriesFor(world.database, world.workspaceId);
    const { repositoryId, repository } = world;
    const { commit, targetCommit } = landing;
    // Moved, and nothing recorded.
    await effects.intend({
      ...{ kind: 'target.move', key: `target.move:${changeRequestId}:${commit}`, subjectId: changeRequestId },
      intent: { targetBranch: 'main', commit, targetCommit },
    });
    await world.deps.git.completeLanding({
      repositoryId,
      location: repository.path,
      commit,
      targetBranch: 'main',
      expectedTarget: targetCommit,
    });
    for (const attempt of [2, 3])
      expect(await world.run('completeLanding', landing, { attempt })).toEqual({ outcome: 'landed', commit });
    expect(await world.run('prepareLanding', { changeRequestId, round: 1 })).toEqual({
      outcome: 'already_landed',
      commit,
    });
    for (const attempt of [1, 2]) await world.run('recordMerged', landing, { attempt });
    expect(landedCommits(world)).toBe(1);
  });

  it('is not landed a second time when somebody took it back before the retry', async () => {
    const { world, landing } = await readyToLand();
    await world.run('completeLanding', landing);
    world.repository.git('reset', '-q', '--hard', landing.targetCommit);
    expect(await world.run('completeLanding', landing, { attempt: 2 })).toEqual({
      outcome: 'landed',
      commit: landing.commit,
    });
    expect(main(world)).toBe(landing.targetCommit);
    const failure = await failureOf(world.run('recordMerged', landing));
    expect(failure).toMatchObject({ type: 'conflict', nonRetryable: true });
    expect(failure.message).toContain('rewrote');
  });

  it('sees that the target moved, and lands on it after that, also when it moves back', async () => {
    const { world, landing, changeRequestId } = await readyToLand();
    world.repository.write('theirs.txt', 'theirs\n');
    world.repository.commit('Theirs');
    expect(await world.run('completeLanding', landing)).toEqual({ outcome: 'target_moved' });
    expect(await world.run('completeLanding', landing, { attempt: 2 })).toEqual({ outcome: 'target_moved' });
    world.repository.git('reset', '-q', '--hard', landing.targetCommit);
    const again = await world.run('prepareLanding', { changeRequestId, round: 1 });
    expect(again).toMatchObject({ outcome: 'prepared', commit: landing.commit });
    expect(await world.run('completeLanding', landing)).toEqual({ outcome: 'landed', commit: landing.commit });
    const states = (await effectsOf(world, changeRequestId)).map(({ kind, state }) => `${kind} ${state}`);
    expect(states).toEqual([
      'branch.publish done',
      'target.move abandoned',
      'target.move abandoned',
      'target.move done',
    ]);
  });

  it('touches nothing of a checkout with uncommitted changes, and lands once it is clean', async () => {
    const { world, landing } = await readyToLand();
    world.repository.write('README.md', '# Mine, unsaved\n');
    const dirty = await world.run('completeLanding', landing);
    expect(dirty).toMatchObject({ outcome: 'checkout_dirty', files: ['README.md'] });
    expect(world.repository.read('README.md')).toBe('# Mine, unsaved\n');
    expect(main(world)).toBe(landing.targetCommit);
    world.repository.git('checkout', '-q', '--', 'README.md');
    expect(await world.run('completeLanding', landing)).toMatchObject({ outcome: 'landed' });
  });

  it('that is given up over a dirty checkout says that the move it began never came about', async () => {
    const { world, landing, changeRequestId, ref } = await readyToLand();
    world.repository.write('README.md', '# Mine, unsaved\n');
    expect(await world.run('completeLanding', landing)).toMatchObject({ outcome: 'checkout_dirty' });
    await world.run('settleTask', { ...ref, state: 'failed', failure: null });
    expect(await row(world, changeRequestId)).toMatchObject({ state: 'closed' });
    expect((await effectsOf(world, changeRequestId)).map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'branch.publish done',
      'target.move abandoned',
    ]);
  });

  it('that turns out to have landed when it is given up is merged, and its task done', async () => {
    const { world, landing, changeRequestId, ref } = await readyToLand();
    const { commit, targetCommit } = landing;
    const { repositoryId, repository } = world;
    const { effects } = repositoriesFor(world.database, world.workspaceId);
    const key = `target.move:${changeRequestId}:${commit}`;
    const intent = { targetBranch: 'main', commit, targetCommit };
    await effects.intend({ kind: 'target.move', key, subjectId: changeRequestId, intent });
    const place = { repositoryId, location: repository.path, targetBranch: 'main' };
    await world.deps.git.completeLanding({ ...place, commit, expectedTarget: targetCommit });
    for (const attempt of [1, 2]) {
      const settled = await world.run('settleTask', { ...ref, state: 'cancelled', failure: null }, { attempt });
      expect(settled).toEqual({ state: 'done', failure: null });
    }
    expect(await row(world, changeRequestId)).toMatchObject({ state: 'merged', mergedCommit: commit });
    expect((await effectsOf(world, changeRequestId)).find((effect) => effect.key === key)).toMatchObject({
      state: 'done',
    });
  });

  it('that was merged before its task was ended from outside leaves the task done', async () => {
    const { world, landing, ref } = await readyToLand();
    await world.run('completeLanding', landing);
    await world.run('recordMerged', landing);
    expect(await world.run('settleTask', { ...ref, state: 'failed', failure: null })).toMatchObject({ state: 'done' });
  });

  it('that is given up while nobody can look leaves open what it began', async () => {
    const { world, landing, changeRequestId, ref } = await readyToLand();
    world.repository.write('README.md', '# Mine, unsaved\n');
    await world.run('completeLanding', landing);
    rmSync(world.repository.path, { recursive: true });
    await world.run('settleTask', { ...ref, state: 'failed', failure: null });
    expect(await row(world, changeRequestId)).toMatchObject({ state: 'closed' });
    expect((await effectsOf(world, changeRequestId)).at(-1)).toMatchObject({ kind: 'target.move', state: 'intended' });
  });

  it('that conflicts names the files; one without changes is empty', async () => {
    const { world, changeRequestId, worktree } = await prepared();
    world.repository.write('made.txt', 'by others\n');
    world.repository.commit('Theirs');
    expect(await world.run('prepareLanding', { changeRequestId, round: 0 })).toMatchObject({
      outcome: 'conflict',
      files: ['made.txt'],
    });
    writeFileSync(join(worktree, 'made.txt'), 'by others\n');
    const { taskId } = await row(world, changeRequestId);
    await world.run('inspectChange', { taskId: taskId as never, attempt: 1 });
    world.repository.git('rm', '-q', 'made.txt');
    world.repository.commit('Away');
    world.repository.write('made.txt', 'by others\n');
    world.repository.commit('And back');
    expect(await world.run('prepareLanding', { changeRequestId, round: 1 })).toMatchObject({ outcome: 'empty' });
  });

  it('leaves a branch that somebody has committed to', async () => {
    const { world, landing, changeRequestId } = await readyToLand();
    const { branch } = await row(world, changeRequestId);
    world.repository.git('checkout', '-q', branch);
    world.repository.write('theirs.txt', 'theirs\n');
    const theirs = world.repository.commit('On the branch');
    world.repository.git('checkout', '-q', 'main');
    await world.run('completeLanding', landing);
    await world.run('recordMerged', landing);
    expect(world.repository.git('rev-parse', branch)).toBe(theirs);
  });

  it('is merged although its branch cannot be taken down', async () => {
    const { world, landing, changeRequestId } = await readyToLand();
    const { branch } = await row(world, changeRequestId);
    await world.run('completeLanding', landing);
    writeFileSync(join(world.repository.path, '.git', 'refs', 'heads', `${branch}.lock`), '');
    await world.run('recordMerged', landing);
    expect(await row(world, changeRequestId)).toMatchObject({ state: 'merged' });
  });

  it('that is closed does not come back by a late call', async () => {
    const { world, changeRequestId, landing } = await readyToLand();
    await world.run('moveChangeRequest', { changeRequestId, to: 'closed' });
    const failure = await failureOf(world.run('completeLanding', landing));
    expect(failure).toMatchObject({ nonRetryable: true });
    expect(main(world)).toBe(landing.targetCommit);
    expect(await failureOf(world.run('moveChangeRequest', { changeRequestId, to: 'open' }))).toMatchObject({
      type: 'invalid_transition',
    });
  });
});
