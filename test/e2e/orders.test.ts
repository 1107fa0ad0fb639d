import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import {
  addRepository,
  ask,
  decide,
  finalStates,
  type GoalOptions,
  openApproval,
  order,
  readRun,
  runEnd,
  runWhere,
  submitGoal,
} from '../support/goals.js';
import { Barrier, bash, finishes, planOf, type Turn, useModel, writes } from '../support/model.js';
import { processesThatKnow } from '../support/processes.js';
import { git, landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

const change = (name: string): Turn[] => [writes(`${name}.txt`, `${name}\n`), finishes()];

interface Given {
  works: Record<string, readonly Turn[]>;
  after?: Record<string, string[]>;
  goal?: GoalOptions;
}

/** A goal on a repository of its own; its tasks are called `<name> <key>`. */
async function give(name: string, { works, after = {}, goal = {} }: Given) {
  const location = await makeRepository(join(fermata.folder, name));
  const tasks = Object.keys(works).map((key) => [key, { title: `${name} ${key}`, after: after[key] ?? [] }] as const);
  model.plans(name, [planOf(Object.fromEntries(tasks))]);
  for (const [key, turns] of Object.entries(works)) model.works(`${name} ${key}`, turns);
  const repositoryId = await addRepository(fermata.held, location, {
    gates: [{ name: 'check', command: 'test -e README.md' }],
  });
  return { location, repositoryId, id: await submitGoal(fermata.held, repositoryId, goal) };
}

describe.concurrent('pause and resume', () => {
  it('begins nothing new while a run is paused, says so, and goes on where it was', async () => {
    const barrier = new Barrier();
    const works = {
      first: [barrier.before(writes('first.txt', 'first\n')), finishes()],
      second: change('second'),
    };
    const { id, location } = await give('paused', { works, after: { second: ['first'] } });
    await barrier.arrived;
    await order(fermata.held, 'pauseRun', id);
    barrier.lift();
    const paused = await runWhere(fermata.held, id, {
      what: 'paused, and its agent too',
      is: ({ state, tasks }) => state === 'paused' && tasks[0]?.waitingOn?.kind === 'human',
    });
    expect(paused.waitingOn).toMatchObject({ kind: 'human', releasableBy: ['operator'] });
    expect(paused.waitingOn!.detail).toContain('Resume');
    const asked = () => model.server.requests().filter(({ body }) => JSON.stringify(body).includes('paused ')).length;
    const before = asked();
    await sleep(2_000);
    const still = await readRun(fermata.held, id);
    expect(still.tasks.map(({ state }) => state)).toEqual(['doing', 'todo']);
    expect(asked()).toBe(before);
    await order(fermata.held, 'resumeRun', id);
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'completed', waitingOn: null });
    expect(await landedOn(location)).toHaveLength(2);
  });
});

describe.concurrent('cancel', () => {
  it('ends what an agent has running within seconds, keeps its work on a branch and starts nothing after it', async () => {
    const witness = join(fermata.witnesses, 'cancelled');
    const works = {
      long: [
        writes('half.txt', 'half\n'),
        bash(`(trap '' TERM; sleep 300.0815) & echo run > '${witness}'; sleep 300.0815`),
      ],
      later: change('later'),
    };
    const { id, location } = await give('cancelled', { works, after: { later: ['long'] } });
    await until('the command to run', () => readFile(witness, 'utf8'));
    expect(await processesThatKnow('300.0815')).not.toEqual([]);
    await order(fermata.held, 'cancelRun', id);
    const left = async () => (await processesThatKnow('300.0815')).length;
    await until('the processes to end', async () => (await left()) === 0, { withinMs: 15_000 });
    const run = await runEnd(fermata.held, id, 30_000);
    expect(run).toMatchObject({ state: 'cancelled', waitingOn: null, report: { outcome: 'cancelled' } });
    const [long, later] = run.tasks;
    expect(long).toMatchObject({ state: 'partial_done', waitingOn: null });
    expect(later).toMatchObject({ state: 'cancelled', attempts: 0 });
    expect(long!.agentRuns.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['work cancelled']);
    expect(run.budget.heldMicros).toBe(0);
    expect(await branchesWith(location, 'half.txt')).toEqual([long!.branch]);
    expect(await landedOn(location)).toEqual([]);
    expect(await git(location, 'status', '--porcelain')).toBe('');
  });

  it('ends one task; the rest of the run goes on, and the run says that it is not complete', async () => {
    const barrier = new Barrier();
    const works = { one: [barrier.before(finishes())], other: change('other') };
    const { id, location } = await give('one-task', { works });
    await barrier.arrived;
    const { tasks } = await readRun(fermata.held, id);
    await order(fermata.held, 'cancelRun', tasks.find(({ title }) => title === 'one-task one')!.id);
    const run = await runEnd(fermata.held, id);
    barrier.lift();
    expect(run).toMatchObject({ state: 'failed', failure: { code: 'conflict' } });
    expect(run.failure!.message).toContain('one-task one');
    expect(run.tasks.map(({ state }) => state)).toEqual(['cancelled', 'done']);
    expect(await landedOn(location)).toHaveLength(1);
  });

  it('ends a run that waits for approval, and closes its question', async () => {
    const { id } = await give('early', { works: { work: change('early') }, goal: { approval: 'REQUIRED' } });
    const approval = await openApproval(fermata.held, id);
    await order(fermata.held, 'cancelRun', id);
    expect((await runEnd(fermata.held, id, 30_000)).state).toBe('cancelled');
    await expect(decide(fermata.held, approval)).rejects.toMatchObject({ code: 'approval_closed' });
  });
});

/** Branches of the user's repository and of our mirror that have the file, without a remote's name before them. */
async function branchesWith(location: string, file: string): Promise<string[]> {
  const heads = await git(location, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/fermata');
  const found: string[] = [];
  for (const head of heads.split('\n').filter((name) => name !== '')) {
    const files = await git(location, 'ls-tree', '--name-only', '-r', head);
    if (files.split('\n').includes(file)) found.push(head);
  }
  return found;
}

describe.concurrent('the budget', () => {
  it('waits when the next call might not be paid for, spends no more than it may, and goes on when it is raised', async () => {
    const { id } = await give('poor', { works: { work: change('poor') }, goal: { budgetMicros: 100_000 } });
    const waiting = await runWhere(fermata.held, id, {
      what: 'waiting for money',
      is: ({ waitingOn, state }) => waitingOn?.kind === 'budget' || finalStates.includes(state),
    });
    expect(waiting.waitingOn).toMatchObject({ kind: 'budget', releasableBy: ['admin'] });
    expect(waiting.waitingOn!.detail).toMatch(/Raise it to go on/);
    expect(waiting.budget.spentMicros + waiting.budget.heldMicros).toBeLessThanOrEqual(100_000);
    await ask(fermata.held, 'mutation ($input: SetBudgetInput!) { setBudget(input: $input) { budget { id } } }', {
      input: { okrRunId: id, limitMicros: 20_000_000 },
    });
    const run = await runEnd(fermata.held, id);
    expect(run.state).toBe('completed');
    expect(run.budget).toMatchObject({ heldMicros: 0, spentMicros: run.cost.micros, limitMicros: 20_000_000 });
  });
});

describe.concurrent('approval', () => {
  it('refuses the digest of a plan that was edited since, and takes the new one', async () => {
    const works = { work: change('edited') };
    const { id } = await give('edited', { works, goal: { approval: 'REQUIRED' } });
    const first = await openApproval(fermata.held, id);
    await ask(fermata.held, 'mutation ($input: EditPlanInput!) { editPlan(input: $input) { okrRun { id } } }', {
      input: { okrRunId: id, objective: { title: 'Something better', description: 'Said by a person.' } },
    });
    await expect(decide(fermata.held, first)).rejects.toMatchObject({ code: /^approval_(stale|closed)$/ });
    const second = await openApproval(fermata.held, id);
    expect(second.id).not.toBe(first.id);
    expect(second.detail).toMatchObject({ objective: { title: 'Something better' } });
    await expect(decide(fermata.held, { ...second, digest: first.digest })).rejects.toMatchObject({
      code: 'approval_stale',
      message: expect.stringContaining(second.id) as string,
    });
    await decide(fermata.held, second);
    await decide(fermata.held, second);
    await expect(decide(fermata.held, second, 'DENY')).rejects.toMatchObject({ code: 'approval_closed' });
    expect((await runEnd(fermata.held, id)).state).toBe('completed');
  });

  it('begins nothing of a plan that was denied, and measures nothing', async () => {
    const works = { work: change('denied') };
    const { id, location } = await give('denied', { works, goal: { approval: 'REQUIRED' } });
    await decide(fermata.held, await openApproval(fermata.held, id), 'DENY');
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'denied', waitingOn: null });
    expect(run.tasks.map(({ state, attempts }) => [state, attempts])).toEqual([['cancelled', 0]]);
    expect(run.keyResults.flatMap(({ evidence }) => evidence)).toEqual([]);
    expect(await landedOn(location)).toEqual([]);
  });

  it('gives one run for one clientRequestId, and refuses another goal under it', async () => {
    const location = await makeRepository(join(fermata.folder, 'twice'));
    model.plans('twice', [planOf({ work: { title: 'twice work' } })]);
    const repositoryId = await addRepository(fermata.held, location);
    const input = { repositoryId, goal: 'Once.', approval: 'REQUIRED', clientRequestId: randomUUID() };
    const mutation = 'mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { okrRun { id } } }';
    const submits = Array.from({ length: 5 }, () =>
      ask<{ submitGoal: { okrRun: { id: string } } }>(fermata.held, mutation, { input }),
    );
    const ids = (await Promise.all(submits)).map(({ submitGoal: { okrRun } }) => okrRun.id);
    expect(new Set(ids).size).toBe(1);
    await expect(ask(fermata.held, mutation, { input: { ...input, goal: 'Twice.' } })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });
});

describe.concurrent('a task that did not land', () => {
  it('ends the run as failed, does not run what depends on it, and says why', async () => {
    const works = { failing: [bash('echo no >&2; exit 3'), finishes('I changed nothing.')], next: change('next') };
    const { id, location } = await give('unlanded', { works, after: { next: ['failing'] } });
    const run = await runEnd(fermata.held, id);
    expect(run).toMatchObject({ state: 'failed', report: { outcome: 'failed' } });
    const [failing, next] = run.tasks;
    expect(failing).toMatchObject({ state: 'failed', failure: { code: 'command_failed' } });
    expect(next).toMatchObject({ state: 'failed', attempts: 0 });
    expect(next!.failure!.message).toContain('unlanded failing');
    expect(await landedOn(location)).toEqual([]);
  });
});
