import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { aPage, aRepository, anEvent, anOkrRun, ids } from '../testing/rows.fixture.js';
import { runFermata, temporaryFolder } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
let location: string;
let run: Record<string, unknown>;
let past: unknown[];
let warnings: unknown[];

beforeEach(async () => {
  location = temporaryFolder();
  run = anOkrRun({ state: 'drafting' });
  past = [];
  warnings = [];
  api = await startFakeApi(
    {
      repositories: () => aPage([aRepository({ location }), aRepository({ name: 'bank', location: '/srv/bank' })]),
      submitGoal: () => ({ okrRun: run, warnings }),
      okrRun: () => run,
      events: () => aPage(past),
    },
    { events: () => endless() },
  );
});
afterEach(() => api.close());

/** A stream on which nothing more happens. */
function endless() {
  const next = () => new Promise<never>(() => undefined);
  const iterator = { next, return: () => Promise.resolve({ done: true as const, value: undefined }) };
  return { ...iterator, [Symbol.asyncIterator]: () => iterator };
}

const submitted = () =>
  api.asked.filter(({ query }) => query.includes('SubmitGoal')).map(({ variables }) => variables['input'] as object);

describe('go', () => {
  it('submits the goal to the repository that holds the current directory', async () => {
    const cwd = join(location, 'src', 'deep');
    mkdirSync(cwd, { recursive: true });
    const args = ['go', 'Sell more', '--budget', '5', '--parallel', '2', '--agent', 'careful'];
    const { code, stdout } = await runFermata(args, { api, cwd });
    expect({ code, first: stdout.split('\n')[0] }).toEqual({ code: 0, first: ids.run });
    expect(stdout).toContain(`fermata approve ${ids.run}`);
    expect(submitted()).toMatchObject([
      { repositoryId: ids.repository, goal: 'Sell more', approval: 'REQUIRED', budgetMicros: 5_000_000 },
    ]);
    expect(submitted()).toMatchObject([{ maxParallelTasks: 2, agent: 'careful' }]);
  });

  it('says how to add the directory when no repository holds it', async () => {
    const { code, stderr } = await runFermata(['go', 'Sell more'], { api, cwd: temporaryFolder() });
    expect(code).toBe(1);
    expect(stderr).toMatch(/fermata repo add \., or name one with --repo: shop, bank/);
    expect(submitted()).toEqual([]);
  });

  it('takes a repository by name or path, and approves in advance with --yes', async () => {
    for (const repo of ['bank', '/srv/bank']) {
      const { code } = await runFermata(['go', 'Sell more', '--repo', repo, '--yes'], { api });
      expect({ repo, code }).toEqual({ repo, code: 0 });
    }
    expect(submitted()).toMatchObject([{ approval: 'AUTO' }, { approval: 'AUTO' }]);
    const [first, second] = submitted() as { clientRequestId: string }[];
    expect(first?.clientRequestId).not.toBe(second?.clientRequestId);
  });

  it('sends the same clientRequestId again when the connection breaks, so that one run comes of it', async () => {
    api.breakNext(2, 'SubmitGoal');
    const { code, stdout } = await runFermata(['go', 'Sell more', '--repo', 'bank', '--json'], { api });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ okrRun: { id: ids.run } });
    const requests = submitted() as { clientRequestId: string }[];
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ clientRequestId }) => clientRequestId)).size).toBe(1);
  });

  it('warns on stderr of a budget that pays for no call, with what to do, and has a field for it in --json', async () => {
    warnings = [{ code: 'budget_too_small', message: 'One call may need $0.2850.', neededMicros: 285_034 }];
    const args = ['go', 'Sell more', '--repo', 'bank', '--budget', '0.01'];
    const { code, stdout, stderr } = await runFermata(args, { api });
    expect({ code, first: stdout.split('\n')[0] }).toEqual({ code: 0, first: ids.run });
    expect(stderr).toContain('warning: One call may need $0.2850.');
    expect(stderr).toContain(`fermata budget set ${ids.run} AMOUNT`);
    run = anOkrRun({ state: 'cancelled', endedAt: '2026-01-31T09:31:00.000Z' });
    for (const watch of [[], ['--watch']]) {
      const json = await runFermata([...args, ...watch, '--json'], { api });
      expect(JSON.parse(json.stdout)).toMatchObject({ okrRun: { id: ids.run }, warnings });
      expect(json.stderr).toContain('warning: ');
    }
  });

  it('reads the goal from standard input, and refuses an empty one before asking anybody', async () => {
    const { code } = await runFermata(['go', '-', '--repo', 'bank'], { api, input: 'Sell more\nmuch more\n' });
    expect(code).toBe(0);
    expect(submitted()).toMatchObject([{ goal: 'Sell more\nmuch more\n' }]);
    const empty = await runFermata(['go', '-'], { api, input: ' \n' });
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('The goal is empty') as string });
  });
});

describe('go --watch', () => {
  it.each([
    ['completed', 0],
    ['failed', 1],
    ['cancelled', 1],
    ['denied', 4],
  ])('ends with the run, and a run that is %s exits %i', async (state, exit) => {
    const endedAt = '2026-01-31T09:31:00.000Z';
    run = anOkrRun({ state, endedAt });
    past = [
      anEvent(1, 'okr_run.submitted'),
      anEvent(2, 'step.started', { data: { index: 0, kind: 'model', name: 'm', state: 'started' } }),
      anEvent(3, 'okr_run.state_changed', { data: { from: 'running', to: state } }),
    ];
    const { code, stdout, stderr } = await runFermata(['go', 'Sell more', '--repo', 'bank', '--watch'], { api });
    expect({ code, stderr }).toEqual({ code: exit, stderr: '' });
    expect(stdout).toContain(`run: running → ${state}`);
    expect(stdout).toContain('Sell twice as much');
    expect(stdout).not.toContain('step');
  });

  it('keeps stdout for one document with --json, and tells what happens on stderr', async () => {
    run = anOkrRun({ state: 'completed' });
    past = [anEvent(1, 'okr_run.state_changed', { data: { from: 'measuring', to: 'completed' } })];
    const { code, stdout, stderr } = await runFermata(['go', 'Sell', '--repo', 'bank', '--watch', '--json'], { api });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ okrRun: { id: ids.run, state: 'completed' } });
    expect(stderr).toContain('measuring → completed');
  });

  it('ends also when the event of the end never comes', async () => {
    run = anOkrRun({ state: 'completed' });
    past = [anEvent(1, 'okr_run.submitted')];
    const { code } = await runFermata(['okr', 'show', ids.run, '--watch'], { api });
    expect(code).toBe(0);
  });
});
