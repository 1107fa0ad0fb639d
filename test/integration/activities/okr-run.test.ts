import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  budgetSubjectIds,
  type KeyResultId,
  type Measure,
  type OkrRunReport,
  type Plan,
  type TaskId,
} from '@fermata/contracts';
import { createOkrRunRepository, repositoriesFor } from '@fermata/database';
import { pauseRun, retryTask } from '@fermata/database/orders';
import { describe, expect, it } from 'vitest';
import {
  type ActivityWorld,
  createActivityWorld,
  decide,
  failureOf,
  planApproved,
  planDrafted,
  planOf,
  taskBegun,
  type WorldOptions,
} from '../../support/activity-world.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const command = (
  line: string,
  read: Extract<Measure, { kind: 'command' }>['read'] = { type: 'exit_code' },
): Measure => ({
  ...{ kind: 'command', command: line, read, timeoutMs: 20_000 },
});
const measuredBy = (...measures: Measure[]): Plan['keyResults'] =>
  measures.map((measure, index) => ({
    ...{
      title: `Key result ${index}`,
      unit: 'points',
      statedBaseline: null,
      target: 5,
      direction: 'increase',
      measure,
    },
  }));

async function approved(keyResults: Plan['keyResults'] | undefined, options: WorldOptions = {}, tasks = ['one']) {
  const world = await createActivityWorld(held.database, options);
  const ids = await planApproved(world, planOf(tasks, keyResults));
  const { keyResults: planned } = await world.run('listPlannedWork', { okrRunId: world.okrRunId });
  return { world, okrRunId: world.okrRunId, tasks: ids, keyResultIds: planned.map(({ keyResultId }) => keyResultId) };
}

const runRow = (world: ActivityWorld) => world.database.okrRun.findUniqueOrThrow({ where: { id: world.okrRunId } });
const reportOf = async (world: ActivityWorld) => (await runRow(world)).report as unknown as OkrRunReport | null;
const keyResult = (world: ActivityWorld, id: KeyResultId) =>
  world.database.keyResult.findUniqueOrThrow({ where: { id } });
const evidence = (world: ActivityWorld, keyResultId: KeyResultId) =>
  world.database.keyResultMeasurement.findMany({ where: { keyResultId }, orderBy: { phase: 'asc' } });

/** A task whose change is on the target branch. */
async function landed(world: ActivityWorld, taskId: TaskId, file: string): Promise<string> {
  const ref = { taskId, attempt: 1 };
  const { agentRunId, worktree } = await taskBegun(world, taskId);
  writeFileSync(join(worktree, file), file);
  await world.run('endAgentRun', { agentRunId, state: 'succeeded', failure: null });
  await world.run('inspectChange', ref);
  const { changeRequestId } = await world.run('prepareChangeRequest', ref);
  await world.run('publishChange', { changeRequestId });
  const prepared = await world.run('prepareLanding', { changeRequestId, round: 0 });
  if (prepared.outcome !== 'prepared') throw new Error(prepared.outcome);
  const { commit, targetCommit } = prepared;
  await world.run('completeLanding', { changeRequestId, commit, targetCommit });
  await world.run('recordMerged', { changeRequestId, commit });
  await world.run('releaseWorktree', ref);
  await world.run('settleTask', { ...ref, state: 'done', failure: null });
  return commit;
}

async function measured(world: ActivityWorld, keyResultIds: readonly KeyResultId[]): Promise<void> {
  await world.run('moveOkrRun', { okrRunId: world.okrRunId, to: 'measuring' });
  for (const keyResultId of keyResultIds)
    await world.run('measureKeyResult', { okrRunId: world.okrRunId, keyResultId, phase: 'final' });
}

describe('measuring a key result', () => {
  it('reads a number from a command, once for each phase', async () => {
    const measure = command('echo ran >> "$HOME/../count"; echo "score: 7"', {
      type: 'regex',
      pattern: 'score: (\\d+)',
    });
    const { world, okrRunId, keyResultIds } = await approved(measuredBy(measure));
    const [keyResultId] = keyResultIds;
    for (const attempt of [1, 2])
      expect(
        await world.run('measureKeyResult', { okrRunId, keyResultId: keyResultId!, phase: 'baseline' }, { attempt }),
      ).toEqual({ outcome: 'measured' });
    await measured(world, keyResultIds);
    expect(await keyResult(world, keyResultId!)).toMatchObject({ baseline: 7, value: 7, met: true });
    const [baseline, final] = await evidence(world, keyResultId!);
    expect(baseline).toMatchObject({ phase: 'baseline', value: 7, exitCode: 0, measuredBy: 'fermata' });
    expect(final).toMatchObject({ phase: 'final', commit: world.repository.git('rev-parse', 'main') });
    const { blobs } = repositoriesFor(world.database, world.workspaceId);
    expect(await blobs.get(final?.outputDigest ?? '')).toContain('score: 7');
  });

  it('begins in a clean worktree each time, of the branch as it is then', async () => {
    const clean = command(
      'test ! -e left && test ! -e ignored/left && mkdir -p ignored && touch left ignored/left && ls | wc -l',
      {
        ...{ type: 'regex', pattern: '(\\d+)' },
      },
    );
    const { world, okrRunId, keyResultIds } = await approved(measuredBy(clean, clean));
    for (const keyResultId of keyResultIds)
      expect(await world.run('measureKeyResult', { okrRunId, keyResultId, phase: 'baseline' })).toEqual({
        outcome: 'measured',
      });
    world.repository.write('more.txt', 'more');
    world.repository.commit('More');
    await measured(world, keyResultIds);
    const [before, after] = [await keyResult(world, keyResultIds[0]!), await keyResult(world, keyResultIds[1]!)];
    expect(after.value).toBe((before.baseline ?? 0) + 1);
    expect(existsSync(world.deps.git.worktreePath(`${okrRunId}-measure`))).toBe(false);
  });

  it('keeps a failure as evidence, without a value, and the run goes on', async () => {
    const broken = command('echo no number here; exit 9', { type: 'json_pointer', pointer: '/score' });
    const { world, okrRunId, keyResultIds } = await approved(measuredBy(broken));
    const turn = await world.run('measureKeyResult', { okrRunId, keyResultId: keyResultIds[0]!, phase: 'final' });
    expect(turn).toMatchObject({ outcome: 'failed', failure: { code: 'measure_failed' } });
    expect(await keyResult(world, keyResultIds[0]!)).toMatchObject({ value: null, met: false });
    expect(await evidence(world, keyResultIds[0]!)).toMatchObject([
      { value: null, failure: { code: 'measure_failed' } },
    ]);
  });

  it('takes a set-up that fails for a failed measurement', async () => {
    const { world, okrRunId, keyResultIds } = await approved(measuredBy(command('true')), {
      setupCommands: ['exit 2'],
    });
    const turn = await world.run('measureKeyResult', { okrRunId, keyResultId: keyResultIds[0]!, phase: 'final' });
    expect(turn).toMatchObject({ outcome: 'failed', failure: { code: 'command_failed' } });
  });

  it('never runs a command of a plan that nobody has approved', async () => {
    const world = await createActivityWorld(held.database);
    const plan = planOf(['one'], measuredBy(command('touch "$HOME/../ran"')));
    const { okrRunId } = world;
    await world.run('adoptPlan', { okrRunId, agentRunId: await planDrafted(world, plan) });
    const { keyResults } = await world.run('listPlannedWork', { okrRunId });
    const order = { okrRunId, keyResultId: keyResults[0]!.keyResultId, phase: 'baseline' } as const;
    expect(await failureOf(world.run('measureKeyResult', order))).toMatchObject({
      type: 'conflict',
      nonRetryable: true,
    });
    await pauseRun(world.database, world, okrRunId);
    expect(await failureOf(world.run('measureKeyResult', order))).toMatchObject({ type: 'conflict' });
    expect(existsSync(join(world.dataDir, '..', 'ran'))).toBe(false);
  });

  it('is cancelled in the middle and leaves no evidence', async () => {
    const { world, okrRunId, keyResultIds } = await approved(measuredBy(command('sleep 60')));
    const ended = world.run(
      'measureKeyResult',
      { okrRunId, keyResultId: keyResultIds[0]!, phase: 'final' },
      {
        watch: (environment) => void setTimeout(() => environment.cancel(), 1_000),
      },
    );
    expect(await failureOf(ended).catch((error: unknown) => error)).toMatchObject({ name: 'CancelledFailure' });
    expect(await evidence(world, keyResultIds[0]!)).toEqual([]);
  });

  it('asks a person where only a person can say', async () => {
    const { world, okrRunId, keyResultIds } = await approved(measuredBy({ kind: 'manual', question: 'How many?' }));
    const [keyResultId] = keyResultIds;
    const order = { okrRunId, keyResultId: keyResultId!, phase: 'final' } as const;
    const turn = await world.run('measureKeyResult', order);
    if (turn.outcome !== 'asked') throw new Error(turn.outcome);
    expect(await world.run('measureKeyResult', order, { attempt: 2 })).toMatchObject({ approvalId: turn.approvalId });
    await decide(world, turn.approvalId, { state: 'approved', answer: '6.5' });
    const answer = { keyResultId: keyResultId!, phase: 'final', approvalId: turn.approvalId, timedOut: false } as const;
    for (const attempt of [1, 2])
      expect(await world.run('recordMeasurementAnswer', answer, { attempt })).toEqual({ outcome: 'measured' });
    expect(await keyResult(world, keyResultId!)).toMatchObject({ value: 6.5, met: true });
    expect(await evidence(world, keyResultId!)).toMatchObject([{ measuredBy: world.principalId }]);
  });

  it('does not guess when nobody says', async () => {
    const { world, okrRunId, keyResultIds } = await approved(measuredBy({ kind: 'manual', question: 'How many?' }));
    const [keyResultId] = keyResultIds;
    const turn = await world.run('measureKeyResult', { okrRunId, keyResultId: keyResultId!, phase: 'final' });
    if (turn.outcome !== 'asked') throw new Error(turn.outcome);
    const { approvalId } = turn;
    const taken = await world.run('recordMeasurementAnswer', {
      keyResultId: keyResultId!,
      phase: 'final',
      approvalId,
      timedOut: true,
    });
    expect(taken).toMatchObject({ outcome: 'failed', failure: { code: 'measure_failed' } });
    expect(await keyResult(world, keyResultId!)).toMatchObject({ value: null, met: false });
  });

  it('counts the tasks that were merged', async () => {
    const { world, tasks, keyResultIds } = await approved(undefined, {}, ['one', 'two']);
    await landed(world, tasks['one']!, 'one.txt');
    await measured(world, keyResultIds);
    expect(await keyResult(world, keyResultIds[0]!)).toMatchObject({ value: 50, met: false });
  });
});

describe('the end of the work on tasks', () => {
  it('does not come while a task is open that somebody has reopened', async () => {
    const { world, okrRunId, tasks } = await approved(undefined);
    const taskId = tasks['one']!;
    await taskBegun(world, taskId);
    await world.run('settleTask', { taskId, attempt: 1, state: 'failed', failure: null });
    await retryTask(world.database, world, taskId);
    expect(await world.run('moveOkrRun', { okrRunId, to: 'measuring' })).toEqual({ moved: false });
    expect(await runRow(world)).toMatchObject({ state: 'running' });
    await pauseRun(world.database, world, okrRunId);
    expect(await world.run('moveOkrRun', { okrRunId, to: 'measuring' })).toEqual({ moved: false });
    expect(await runRow(world)).toMatchObject({ state: 'paused', pausedFrom: 'running' });
    await taskBegun(world, taskId, 2);
    await world.run('settleTask', { taskId, attempt: 2, state: 'failed', failure: null });
    expect(await world.run('moveOkrRun', { okrRunId, to: 'measuring' })).toEqual({ moved: true });
    await expect(retryTask(world.database, world, taskId)).rejects.toMatchObject({ code: 'invalid_transition' });
  });

  it('does not undo a pause that comes at the same moment', async () => {
    const { world, okrRunId: id } = await approved(undefined, {}, []);
    const runs = createOkrRunRepository(world.database, world.workspaceId);
    let move: Promise<void> | undefined;
    await world.database.$transaction(async (tx) => {
      await tx.okrRun.update({ where: { id }, data: { state: 'paused', pausedFrom: 'running' } });
      move = runs.move({ id, to: 'measuring' });
      // Long enough for the move to read the row, if it does not wait for the pause.
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    await move;
    expect(await runRow(world)).toMatchObject({ state: 'paused', pausedFrom: 'measuring' });
  });

  it('skips what waits for a task that was not done, unless somebody has reopened that one', async () => {
    const { world, tasks } = await approved(undefined, {}, ['one', 'two<one', 'three<two']);
    const [one, two, three] = [tasks['one']!, tasks['two']!, tasks['three']!];
    const skipped = async () => {
      await Promise.all([
        world.run('skipTask', { taskId: three, because: [two] }),
        world.run('skipTask', { taskId: two, because: [one] }),
      ]);
      const rows = await world.database.task.findMany({ where: { id: { in: [two, three] } } });
      return rows.map(({ state }) => state);
    };
    await taskBegun(world, one);
    await world.run('settleTask', { taskId: one, attempt: 1, state: 'failed', failure: null });
    await retryTask(world.database, world, one);
    expect(await skipped()).toEqual(['todo', 'todo']);
    await taskBegun(world, one, 2);
    await world.run('settleTask', { taskId: one, attempt: 2, state: 'failed', failure: null });
    expect(await skipped()).toEqual(['failed', 'failed']);
  });
});

describe('the conclusion of a run', () => {
  it('is completed when everything is on the target and measured, whether or not targets were met', async () => {
    const { world, okrRunId, tasks, keyResultIds } = await approved(measuredBy(command('true')));
    const commit = await landed(world, tasks['one']!, 'one.txt');
    await measured(world, keyResultIds);
    for (const attempt of [1, 2])
      expect(await world.run('concludeOkrRun', { okrRunId }, { attempt })).toEqual({ state: 'completed' });
    expect(await runRow(world)).toMatchObject({ state: 'completed', failure: null, waitingOn: null });
    expect(await reportOf(world)).toMatchObject({
      ...{ outcome: 'completed', targetsMet: 0, tasks: [{ mergedCommit: commit, keptBranch: null }] },
      keyResults: [{ value: 1, target: 5, met: false }],
    });
  });

  it('is not completed when the change is gone from the target, whatever the rows say', async () => {
    const { world, okrRunId, tasks, keyResultIds } = await approved(undefined);
    await landed(world, tasks['one']!, 'one.txt');
    world.repository.git('reset', '-q', '--hard', 'HEAD~1');
    await measured(world, keyResultIds);
    expect(await world.run('concludeOkrRun', { okrRunId })).toEqual({ state: 'failed' });
    expect(await reportOf(world)).toMatchObject({ outcome: 'failed', tasks: [{ mergedCommit: null }] });
  });

  it('is not completed when a key result was not measured', async () => {
    const { world, okrRunId, tasks, keyResultIds } = await approved(
      measuredBy(command('echo x', { type: 'regex', pattern: '(\\d+)' })),
    );
    await landed(world, tasks['one']!, 'one.txt');
    await measured(world, keyResultIds);
    expect(await world.run('concludeOkrRun', { okrRunId })).toEqual({ state: 'failed' });
    expect(await runRow(world)).toMatchObject({ failure: { code: 'measure_failed' } });
    expect((await reportOf(world))?.keyResults).toMatchObject([{ value: null, failure: { code: 'measure_failed' } }]);
  });

  it('is reached also when somebody pauses while it is written: there is nothing left to hold', async () => {
    const { world, okrRunId, tasks, keyResultIds } = await approved(undefined);
    await landed(world, tasks['one']!, 'one.txt');
    await measured(world, keyResultIds);
    await pauseRun(world.database, world, okrRunId);
    expect(await world.run('concludeOkrRun', { okrRunId })).toEqual({ state: 'completed' });
    expect(await runRow(world)).toMatchObject({ state: 'completed', pausedFrom: null, waitingOn: null, failure: null });
  });

  it('once reached stays, although the target is rewritten before the retry', async () => {
    const { world, okrRunId, tasks, keyResultIds } = await approved(undefined);
    await landed(world, tasks['one']!, 'one.txt');
    await measured(world, keyResultIds);
    await world.run('concludeOkrRun', { okrRunId });
    world.repository.git('reset', '-q', '--hard', 'HEAD~1');
    expect(await world.run('concludeOkrRun', { okrRunId }, { attempt: 2 })).toEqual({ state: 'completed' });
    await world.run('moveOkrRun', { okrRunId, to: 'failed', failure: { code: 'internal', message: 'late' } });
    await world.run('concludeCancelled', { okrRunId });
    expect(await runRow(world)).toMatchObject({ state: 'completed', failure: null });
  });

  it.each(['cancelled', 'failed'] as const)(
    'that is %s reports what was merged and where the rest is kept',
    async (to) => {
      const { world, okrRunId, tasks } = await approved(undefined, {}, ['one', 'two', 'three<two']);
      const commit = await landed(world, tasks['one']!, 'one.txt');
      const { worktree, agentRunId } = await taskBegun(world, tasks['two']!);
      writeFileSync(join(worktree, 'two.txt'), 'half');
      await world.run('releaseWorktree', { taskId: tasks['two']!, attempt: 1 });
      await world.run('settleTask', { taskId: tasks['two']!, attempt: 1, state: 'partial_done', failure: null });
      const failure = { code: 'git_failed', message: 'It broke.' } as const;
      for (const attempt of [1, 2])
        await (to === 'cancelled'
          ? world.run('concludeCancelled', { okrRunId }, { attempt })
          : world.run('moveOkrRun', { okrRunId, to, failure }, { attempt }));
      const report = await reportOf(world);
      expect(report).toMatchObject({ outcome: to, summary: expect.stringContaining('1 of 3 tasks merged') as string });
      expect(report?.tasks).toMatchObject([
        { state: 'done', mergedCommit: commit, keptBranch: null },
        { state: 'partial_done', mergedCommit: null, keptBranch: expect.stringContaining('fermata/') as string },
        { state: 'cancelled', mergedCommit: null, keptBranch: null },
      ]);
      expect(await runRow(world)).toMatchObject({ state: to, failure: to === 'failed' ? failure : null });
      expect(
        await world.database.task.count({ where: { okrRunId, NOT: { waitingOn: { equals: null as never } } } }),
      ).toBe(0);
      const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
      expect(run).toMatchObject({ state: 'cancelled', waitingOn: null });
    },
  );

  it('of a run that ends in the middle of a task keeps its work as partly done, and closes its change', async () => {
    const { world, okrRunId, tasks } = await approved(undefined);
    const ref = { taskId: tasks['one']!, attempt: 1 };
    const { worktree } = await taskBegun(world, ref.taskId);
    writeFileSync(join(worktree, 'one.txt'), 'half');
    await world.run('inspectChange', ref);
    const { changeRequestId } = await world.run('prepareChangeRequest', ref);
    await world.run('concludeCancelled', { okrRunId });
    const task = await world.database.task.findUniqueOrThrow({ where: { id: ref.taskId } });
    expect(task).toMatchObject({ state: 'partial_done' });
    const change = await world.database.changeRequest.findUniqueOrThrow({ where: { id: changeRequestId } });
    expect(change).toMatchObject({ state: 'closed', waitingOn: null });
    expect((await reportOf(world))?.tasks).toMatchObject([{ keptBranch: task.branch }]);
  });

  it('comes also when the repository has gone away, and then claims nothing of it', async () => {
    const { world, okrRunId, tasks } = await approved(undefined);
    await landed(world, tasks['one']!, 'one.txt');
    rmSync(world.repository.path, { recursive: true });
    await world.run('concludeCancelled', { okrRunId });
    expect(await runRow(world)).toMatchObject({ state: 'cancelled' });
    const report = await reportOf(world);
    expect(report?.summary).toContain('could not be read');
    expect(report?.tasks).toMatchObject([{ mergedCommit: null }]);
  });

  it('of a run that failed before it had a plan is its failure alone', async () => {
    const world = await createActivityWorld(held.database);
    rmSync(world.repository.path, { recursive: true });
    const failure = { code: 'plan_invalid', message: 'No plan was made.' } as const;
    await world.run('moveOkrRun', { okrRunId: world.okrRunId, to: 'failed', failure });
    expect(await runRow(world)).toMatchObject({ state: 'failed', failure, report: null });
  });

  it('gives back what was held for calls that nobody finished', async () => {
    const { world, okrRunId, tasks } = await approved(undefined);
    const { agentRunId } = await taskBegun(world, tasks['one']!);
    const { budgets } = repositoriesFor(world.database, world.workspaceId);
    const run = await world.database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
    const subjectIds = budgetSubjectIds(run);
    expect(subjectIds).toHaveLength(4);
    await budgets.reserve({ subjectIds, key: `${agentRunId}:0`, micros: 500 });
    await world.run('concludeCancelled', { okrRunId });
    for (const subjectId of subjectIds)
      expect(await budgets.get(subjectId)).toMatchObject({ heldMicros: 0, spentMicros: 0 });
  });
});
