import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { World } from '../testing/world.fixture.js';
import { newWorld, useWorkers } from '../testing/workers.fixture.js';

const start = useWorkers();
const done = { state: 'done', failure: null };
const failing = (name: string) => ({ name, state: 'failed', exitCode: 1, durationMs: 1, tail: 'broken' }) as const;
const requested = { verdict: 'request_changes', findings: 2 } as const;

function worldOfTask(): World {
  const world = newWorld();
  world.gates = ['test'];
  world.addTask('a');
  return world;
}

const agents = (world: World) => world.inputs('queueAgentRun').map(({ kind, reason }) => reason ?? kind);
const a = (world: World) => world.taskId('a');

describe('a task', () => {
  it('goes from an empty worktree to a merged change', async () => {
    const world = worldOfTask();
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(world.steps.filter((step) => !['beginAgentRun', 'callModel', 'acceptResult'].includes(step))).toEqual([
      'beginTask',
      'prepareWorktree',
      'queueAgentRun',
      'endAgentRun',
      'inspectChange',
      'runGate',
      'moveTask',
      'queueAgentRun',
      'endAgentRun',
      'recordReview',
      'prepareChangeRequest',
      'publishChange',
      'prepareLanding',
      'runGate',
      'completeLanding',
      'recordMerged',
      'releaseWorktree',
      'settleTask',
    ]);
    expect(agents(world)).toEqual(['work', 'review']);
    expect(world.inputs('settleTask')).toEqual([{ taskId: a(world), attempt: 1, ...done }]);
  });

  it('says what it waits for at each step, down to the name of the gate', async () => {
    const world = worldOfTask();
    world.gates = ['lint', 'test'];
    await start.taskRun(world, 'a');
    await world.result();
    const said = world.rows.history.filter(({ id }) => id === a(world)).map(({ waiting }) => waiting.detail);
    expect(said).toEqual([
      'Preparing the worktree.',
      'An agent works on it.',
      'Gate "lint" is running.',
      'Gate "test" is running.',
      'At work.',
      'An agent reviews it.',
      'Its change is being landed.',
    ]);
  });

  it('of which nothing came fails, with nothing checked', async () => {
    const world = worldOfTask();
    world.changed = false;
    world.next('inspectChange', { empty: true, headCommit: 'base' });
    await start.taskRun(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'command_failed' } });
    expect(world.calls('runGate')).toEqual([]);
  });

  for (const { changed, state } of [
    { changed: true, state: 'partial_done' },
    { changed: false, state: 'failed' },
  ]) {
    it(`whose agent failed ${changed ? 'with' : 'without'} changes ends as ${state}`, async () => {
      const world = worldOfTask();
      world.changed = changed;
      world.nextDoes('callModel', async () => {
        throw ApplicationFailure.nonRetryable('Refused.', 'provider_rejected');
      });
      await start.taskRun(world, 'a');
      expect(await world.result()).toMatchObject({
        state,
        failure: { code: 'provider_rejected', message: 'Refused.' },
      });
      expect(world.steps.slice(-2)).toEqual(['releaseWorktree', 'settleTask']);
    });
  }

  it('whose worktree cannot be prepared fails with the reason', async () => {
    const world = worldOfTask();
    world.changed = false;
    world.nextDoes('prepareWorktree', async () => {
      throw ApplicationFailure.nonRetryable('npm ci failed.', 'command_failed');
    });
    await start.taskRun(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { message: 'npm ci failed.' } });
  });

  it('whose agent run was ended from outside ends, and the run is settled', async () => {
    const world = worldOfTask();
    const model = world.hold('callModel');
    await start.taskRun(world, 'a');
    await model.reached;
    const agentRunId = world.agentRunId('a-work-0');
    await start.client.workflow.getHandle(agentRunId).terminate('by hand');
    expect(await world.result()).toMatchObject({ state: 'partial_done' });
    expect(world.inputs('endAgentRun')).toMatchObject([{ agentRunId, state: 'failed' }]);
  });
});

describe('gates that fail', () => {
  it('go back to an agent that goes on with the conversation, and pass then', async () => {
    const world = worldOfTask();
    world.next('runGate', failing('test'));
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(agents(world)).toEqual(['work', 'gate', 'review']);
    expect(world.inputs('queueAgentRun')[1]).toMatchObject({
      kind: 'repair',
      round: 0,
      continues: world.agentRunId('a-work-0'),
    });
    expect(world.inputs('runGate').map(({ phase, round }) => [phase, round])).toEqual([
      ['work', 0],
      ['work', 1],
      ['landing', 0],
    ]);
  });

  it('all run although the first fails, so that the agent sees everything at once', async () => {
    const world = worldOfTask();
    world.gates = ['lint', 'test'];
    world.next('runGate', failing('lint'));
    await start.taskRun(world, 'a');
    await world.result();
    const first = world.inputs('runGate').filter(({ phase, round }) => phase === 'work' && round === 0);
    expect(first.map(({ gate }) => gate)).toEqual(['lint', 'test']);
  });

  it('after the last repair ask a person, and approval tries once more', async () => {
    const world = worldOfTask();
    for (let tries = 0; tries < 3; tries++) world.next('runGate', failing('test'));
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-gates0');
    await world.asks(a(world), approvalId);
    expect(agents(world)).toEqual(['work', 'gate']);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(done);
    expect(agents(world)).toEqual(['work', 'gate', 'gate', 'review']);
    expect(world.inputs('queueAgentRun').map(({ kind, round }) => `${kind} ${round}`)).toContain('repair 1');
  });

  it('after the last repair end the task when a person says no, with its branch kept', async () => {
    const world = worldOfTask();
    world.next('runGate', failing('test'));
    world.next('runGate', failing('test'));
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-gates0');
    await world.asks(a(world), approvalId);
    await world.answer(approvalId, 'denied');
    expect(await world.result()).toMatchObject({ state: 'partial_done', failure: { code: 'conflict' } });
    expect(world.calls('prepareChangeRequest')).toEqual([]);
  });

  it('after the last repair end the task when nobody answers', async () => {
    const world = worldOfTask();
    world.expiresInMs = 200;
    world.next('runGate', failing('test'));
    world.next('runGate', failing('test'));
    await start.taskRun(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'partial_done' });
    expect(world.approvals.get(world.approvalId('a-gates0'))?.state).toBe('expired');
  });
});

describe('a review that asks for changes', () => {
  it('goes back to an agent, whose work is checked and reviewed anew', async () => {
    const world = worldOfTask();
    world.next('recordReview', requested);
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(world.inputs('queueAgentRun').map(({ kind, round }) => `${kind} ${round}`)).toEqual([
      'work 0',
      'review 0',
      'repair 0',
      'review 1',
    ]);
    expect(world.inputs('moveTask').map(({ to }) => to)).toEqual(['review', 'doing', 'review']);
    expect(world.inputs('runGate').filter(({ phase }) => phase === 'work')).toHaveLength(2);
  });

  it('again and again is put before a person, who may land it in spite of that', async () => {
    const world = worldOfTask();
    world.next('recordReview', requested);
    world.next('recordReview', requested);
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-review0');
    await world.asks(a(world), approvalId);
    expect(world.inputs('askAboutTask')).toMatchObject([{ detail: expect.stringMatching(/2 findings/) as string }]);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(done);
  });

  it('again and again ends the task when a person says no', async () => {
    const world = worldOfTask();
    world.maxReviewRounds = 1;
    world.next('recordReview', requested);
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-review0');
    await world.asks(a(world), approvalId);
    await world.answer(approvalId, 'denied');
    expect(await world.result()).toMatchObject({ state: 'partial_done', failure: { code: 'conflict' } });
    expect(world.calls('completeLanding')).toEqual([]);
  });

  it('without a verdict ends the task: nothing was approved', async () => {
    const world = worldOfTask();
    world.nextDoes('recordReview', async () => {
      throw ApplicationFailure.nonRetryable('The review gave no verdict.', 'conflict');
    });
    await start.taskRun(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'partial_done', failure: { code: 'conflict' } });
  });
});

describe('a landing', () => {
  it('that conflicts brings in the target, has it resolved, checked and reviewed again, and merges', async () => {
    const world = worldOfTask();
    world.next('prepareLanding', { outcome: 'conflict', targetCommit: 'theirs', files: ['a.txt'] });
    world.next('mergeTarget', { conflictingFiles: ['a.txt'] });
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(world.inputs('mergeTarget')).toMatchObject([{ targetCommit: 'theirs' }]);
    expect(world.inputs('queueAgentRun')[2]).toMatchObject({ reason: 'conflict', conflictingFiles: ['a.txt'] });
    expect(agents(world)).toEqual(['work', 'review', 'conflict', 'review']);
    expect(world.inputs('runGate').map(({ phase }) => phase)).toEqual(['work', 'work', 'landing']);
    expect(world.inputs('prepareLanding').map(({ round }) => round)).toEqual([0, 100]);
  });

  it('that conflicts no more once the target is brought in needs no agent', async () => {
    const world = worldOfTask();
    world.next('prepareLanding', { outcome: 'conflict', targetCommit: 'theirs', files: ['a.txt'] });
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(agents(world)).toEqual(['work', 'review', 'review']);
  });

  it('whose gates fail on top of the target is repaired there', async () => {
    const world = worldOfTask();
    let gates = 0;
    const passing = { name: 'test', state: 'passed', exitCode: 0, durationMs: 1, tail: '' } as const;
    const secondFails = async () => (++gates === 2 ? failing('test') : passing);
    world.nextDoes('runGate', secondFails);
    world.nextDoes('runGate', secondFails);
    await start.taskRun(world, 'a');
    expect(await world.result()).toEqual(done);
    expect(world.calls('mergeTarget')).toHaveLength(1);
    expect(agents(world)).toEqual(['work', 'review', 'gate', 'review']);
  });

  it('on a checkout with uncommitted changes asks a person and lands after the answer', async () => {
    const world = worldOfTask();
    world.next('completeLanding', { outcome: 'checkout_dirty', files: ['a.txt'], checkout: '/somewhere' });
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-checkout_dirty0');
    await world.asks(a(world), approvalId);
    await world.answer(approvalId, 'approved');
    expect(await world.result()).toEqual(done);
    expect(world.calls('completeLanding')).toHaveLength(2);
    expect(world.calls('mergeTarget')).toEqual([]);
  });

  it('on a checkout that stays dirty asks again', async () => {
    const world = worldOfTask();
    const dirty = { outcome: 'checkout_dirty', files: ['a.txt'], checkout: '/somewhere' } as const;
    world.next('completeLanding', dirty);
    world.next('completeLanding', dirty);
    await start.taskRun(world, 'a');
    for (const question of ['a-checkout_dirty0', 'a-checkout_dirty1']) {
      await world.asks(a(world), world.approvalId(question));
      await world.answer(world.approvalId(question), 'approved');
    }
    expect(await world.result()).toEqual(done);
  });

  it('that never comes about is put before a person', async () => {
    const world = worldOfTask();
    for (let tries = 0; tries < 4; tries++)
      world.next('prepareLanding', { outcome: 'conflict', targetCommit: 'theirs', files: ['a.txt'] });
    await start.taskRun(world, 'a');
    const approvalId = world.approvalId('a-conflict0');
    await world.asks(a(world), approvalId);
    await world.answer(approvalId, 'denied');
    expect(await world.result()).toMatchObject({ state: 'partial_done', failure: { code: 'conflict' } });
  });

  it('of nothing new ends the task without a question', async () => {
    const world = worldOfTask();
    world.changed = false;
    world.next('prepareLanding', { outcome: 'empty' });
    await start.taskRun(world, 'a');
    expect(await world.result()).toMatchObject({ state: 'failed', failure: { code: 'conflict' } });
    expect(world.calls('askAboutTask')).toEqual([]);
  });
});
