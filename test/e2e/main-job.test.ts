import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createDatabase, verifyAuditChain } from '@fermata/database';
import { Client, Connection } from '@temporalio/client';
import { startScriptedModel, type ScriptedModelServer } from '@fermata/scripted-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSampleRepository } from '../../scripts/demo/sample-repository.mjs';
import { demoGoal, demoScript } from '../../scripts/demo/script.mjs';
import { addRepository, ask, decide, openApproval, type Run, runEnd, submitGoal, type Task } from '../support/goals.js';
import { useFermata } from '../support/fermata.js';
import { git, landedOn } from '../support/small-repository.js';
import { until } from '../support/until.js';

let model: ScriptedModelServer;
beforeAll(async () => {
  model = await startScriptedModel({ script: demoScript({ thinkMs: 100 }) });
});
afterAll(() => model?.close());

const fermata = useFermata(() => ({
  FERMATA_MODEL: 'scripted',
  ANTHROPIC_API_KEY: 'scripted',
  ANTHROPIC_BASE_URL: model.anthropicBaseUrl,
}));

interface LoggedEvent {
  cursor: string;
  type: string;
  subjectId: string;
  taskId: string | null;
  data: Record<string, unknown>;
}

async function allEvents(okrRunId: string, pageSize: number): Promise<LoggedEvent[]> {
  const query = `query ($after: Cursor, $id: ID, $first: Int!) {
    events(after: $after, okrRunId: $id, first: $first) { nodes { cursor type subjectId taskId data } pageInfo { hasNextPage } } }`;
  const events: LoggedEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.cursor ?? null;
    const page = await ask<{ events: { nodes: LoggedEvent[]; pageInfo: { hasNextPage: boolean } } }>(
      fermata.held,
      query,
      { after, id: okrRunId, first: pageSize },
    );
    events.push(...page.events.nodes);
    if (!page.events.pageInfo.hasNextPage) return events;
  }
}

describe('a goal that becomes three merged changes', () => {
  let location: string;
  let firstCommit: string;
  let run: Run;
  const byTitle = (title: string): Task => run.tasks.find((task) => task.title.startsWith(title))!;

  beforeAll(async () => {
    location = join(fermata.folder, 'stock');
    await makeSampleRepository(location);
    firstCommit = await git(location, 'rev-parse', 'main');
    const repositoryId = await addRepository(fermata.held, location);
    const id = await submitGoal(fermata.held, repositoryId, { goal: demoGoal, approval: 'REQUIRED' });
    await decide(fermata.held, await openApproval(fermata.held, id));
    run = await runEnd(fermata.held, id);
  });

  it('ends completed, with every task done and every target met', () => {
    expect(run).toMatchObject({ state: 'completed', failure: null, waitingOn: null });
    expect(run.tasks.map(({ title, state, changeRequest }) => [title, state, changeRequest?.state])).toEqual([
      ['Read a stock list from text', 'done', 'merged'],
      ['Show amounts in dollars', 'done', 'merged'],
      ['Print the total of a list', 'done', 'merged'],
    ]);
    expect(run.report).toMatchObject({ outcome: 'completed', targetsMet: 3 });
    expect(model.failures()).toEqual([]);
    expect(model.repeatedRequests()).toEqual([]);
    expect(run.cost.micros).toBeGreaterThan(0);
    expect(run.budget).toMatchObject({ spentMicros: run.cost.micros, heldMicros: 0 });
  });

  it('works on two tasks at once, and on the third when both are merged', () => {
    const [parse, format, cli] = [byTitle('Read'), byTitle('Show'), byTitle('Print')];
    expect(Date.parse(parse.startedAt!)).toBeLessThan(Date.parse(format.endedAt!));
    expect(Date.parse(format.startedAt!)).toBeLessThan(Date.parse(parse.endedAt!));
    for (const earlier of [parse, format]) {
      expect(Date.parse(cli.startedAt!)).toBeGreaterThanOrEqual(Date.parse(earlier.changeRequest!.mergedAt!));
    }
  });

  it('sends what failed its gate back to the agent, and runs the gates on the commit that lands', () => {
    const outcomes = byTitle('Show')
      .gates.filter(({ name }) => name === 'test')
      .map(({ phase, state }) => `${phase} ${state}`);
    expect(outcomes.toSorted()).toEqual(expect.arrayContaining(['landing passed', 'work failed', 'work passed']));
    for (const { gates } of run.tasks) {
      expect(gates.filter(({ phase }) => phase === 'landing').map(({ name, state }) => `${name} ${state}`)).toEqual(
        expect.arrayContaining(['lint passed', 'test passed']),
      );
    }
  });

  it('puts exactly one commit for each task on the target branch', async () => {
    const landed = await landedOn(location);
    expect(landed.map(({ tasks }) => tasks.length)).toEqual([1, 1, 1]);
    expect(new Set(landed.flatMap(({ tasks }) => tasks))).toEqual(new Set(run.tasks.map(({ id }) => id)));
    for (const { commit, tasks } of landed) {
      const task = run.tasks.find(({ id }) => id === tasks[0])!;
      expect(task.changeRequest!.mergedCommit).toBe(commit);
    }
  });

  it('moves the user’s checkout along and leaves nothing else behind', async () => {
    expect(await git(location, 'status', '--porcelain')).toBe('');
    expect(await git(location, 'rev-parse', 'HEAD')).toBe(await git(location, 'rev-parse', 'main'));
    expect((await readdir(join(location, 'src'))).toSorted()).toEqual(['cli.js', 'format.js', 'parse.js', 'stock.js']);
    expect(await git(location, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect((await git(location, 'worktree', 'list')).split('\n')).toHaveLength(1);
  });

  it('measures key results before and after, by command, on named commits', async () => {
    const tests = run.keyResults.find(({ title }) => title === 'Passing tests')!;
    expect(tests).toMatchObject({ baseline: 1, value: 5, met: true });
    const [before, after] = ['baseline', 'final'].map((phase) => tests.evidence.find((one) => one.phase === phase)!);
    expect(before).toMatchObject({
      command: 'node --test --test-reporter=tap',
      commit: firstCommit,
      exitCode: 0,
      value: 1,
    });
    expect(after).toMatchObject({ commit: await git(location, 'rev-parse', 'main'), exitCode: 0, value: 5 });
    expect(before!.output!.text.text).toContain('# pass 1');
    expect(after!.output!.text.text).toContain('# pass 5');
    const works = run.keyResults.find(({ title }) => title === 'The command prints a total')!;
    expect(works).toMatchObject({ baseline: 0, value: 1, met: true });
  });

  it('releases worktrees and ends every process once the work is merged', async () => {
    const worktrees = join(fermata.dataDir, 'work', 'worktrees');
    await until('the worktrees to be released', async () => (await readdir(worktrees)).length === 0, {
      withinMs: 30_000,
    });
    const ofWorker = await fermata.held.pidOf('worker');
    expect((await fermata.held.agentProcesses()).filter(({ pid }) => pid !== ofWorker)).toEqual([]);
  });

  it('tells everything in one log: the same read in pages of seven, in order, each change of state from the last', async () => {
    const events = await allEvents(run.id, 100);
    expect(await allEvents(run.id, 7)).toEqual(events);
    expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(events.length);
    const states = new Map<string, unknown>();
    for (const { type, subjectId, data } of events.filter(({ type }) => type.endsWith('.state_changed'))) {
      if (states.has(subjectId))
        expect([type, subjectId, data['from']]).toEqual([type, subjectId, states.get(subjectId)]);
      states.set(subjectId, data['to']);
    }
    expect(states.get(run.id)).toBe('completed');
    for (const { id } of run.tasks) expect(states.get(id)).toBe('done');
  });

  it('keeps an audit chain that holds, and an event log without gaps', async () => {
    const database = createDatabase({ url: fermata.held.at.databaseUrl, poolSize: 2 });
    try {
      const { workspaceId } = await database.okrRun.findUniqueOrThrow({ where: { id: run.id } });
      const check = await verifyAuditChain(database, workspaceId);
      expect(check.brokenAt).toBeNull();
      expect(check.entries).toBeGreaterThan(10);
      const cursors = await database.event.findMany({
        where: { workspaceId },
        orderBy: { cursor: 'asc' },
        select: { cursor: true },
      });
      expect(cursors.map(({ cursor }) => Number(cursor))).toEqual(cursors.map((_, index) => index + 1));
    } finally {
      await database.close();
    }
  });

  it('can be found in Temporal by its ids, and by nothing personal', async () => {
    const { temporalAddress, temporalNamespace } = fermata.held.at;
    const connection = await Connection.connect({ address: temporalAddress });
    try {
      const client = new Client({ connection, namespace: temporalNamespace });
      const types: string[] = [];
      const { workflow } = client;
      for await (const { type, status } of workflow.list({ query: `fermataOkrRun = "${run.id}"` })) {
        types.push(type);
        expect(status.name).toBe('COMPLETED');
      }
      const count = (wanted: string) => types.filter((type) => type === wanted).length;
      expect({ okrRun: count('okrRun'), taskRun: count('taskRun'), changeRequest: count('changeRequest') }).toEqual({
        okrRun: 1,
        taskRun: 3,
        changeRequest: 3,
      });
      const ofTask = [];
      for await (const { type } of workflow.list({ query: `fermataTask = "${run.tasks[0]!.id}"` })) ofTask.push(type);
      expect(ofTask).toEqual(expect.arrayContaining(['taskRun', 'agentRun', 'changeRequest']));
    } finally {
      await connection.close();
    }
  });
});
