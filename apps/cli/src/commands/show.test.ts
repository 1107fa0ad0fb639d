import { afterEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anAgent, anOkrRun, aPage, aTask, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
afterEach(() => api.close());

const then = '2026-01-31T09:30:00.000Z';
const usage = { micros: 1, estimated: false, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const agentRun = {
  ...{ __typename: 'AgentRun', id: ids.agentRun, kind: 'work', state: 'running', attempt: 1, round: 0, model: 'm' },
  ...{ createdAt: then, startedAt: then, endedAt: null, agent: anAgent(), cost: usage, usage, failure: null },
  ...{
    waitingOn: null,
    runtime: 'api',
    maxSteps: 80,
    host: null,
    worktree: null,
    result: null,
    task: null,
    costSource: 'metered',
  },
  ...{ title: null, depth: 0, parent: null, children: [], budget: null },
  ...{ okrRun: anOkrRun(), steps: () => aPage([]) },
};

describe('what is shown of an agent run', () => {
  it.each([
    ['bubblewrap', /contained +by bubblewrap/],
    ['none', /contained +no: its programs run as the user of the worker/],
  ])('says what contains its programs: %s', async (containment, said) => {
    api = await startFakeApi({ agentRun: () => ({ ...agentRun, containment }) });
    const { code, stdout } = await runFermata(['show', ids.agentRun], { api });
    expect(code).toBe(0);
    expect(stdout).toMatch(said);
  });
});

const reason = 'The shop is closed.';
const report = {
  ...{
    outcome: 'cancelled',
    summary: '0 of 1 tasks merged.',
    targetsMet: 0,
    costMicros: 20_000,
    costEstimated: true,
    costSource: 'metered',
  },
  ...{ estimatedMicros: 2_450_000, durationMs: 60_000, keyResults: [], tasks: [], cancelReason: reason },
};
const endedRun = anOkrRun({ state: 'cancelled', endedAt: then, cancelRequestedAt: then, cancelReason: reason, report });

describe('the reason of a cancel', () => {
  it.each([
    [['show', ids.run], endedRun],
    [['show', ids.run], anOkrRun({ cancelRequestedAt: then, cancelReason: reason })],
    [['okr', 'report', ids.run], endedRun],
    [['okr', 'report', ids.run], anOkrRun({ state: 'cancelled', endedAt: then, cancelReason: reason })],
    [['why', ids.run], endedRun],
  ])('is said once by %j', async (args, run) => {
    api = await startFakeApi({ okrRun: () => run, node: () => run });
    const { stdout } = await runFermata(args, { api });
    expect(stdout.split(reason)).toHaveLength(2);
  });

  it('is said of a task', async () => {
    api = await startFakeApi({ task: () => aTask({ state: 'cancelled', cancelReason: reason, endedAt: then }) });
    expect((await runFermata(['show', ids.task], { api })).stdout).toContain(`cancelled because: ${reason}`);
  });
});

describe('a cost of which some was reckoned', () => {
  const cost = { ...usage, micros: 20_000, estimated: true, estimatedMicros: 2_450_000 };

  it.each([
    [['show', ids.run], { okrRun: () => anOkrRun({ cost }) }, '≈$0.0200, no cap, estimated ≈$2.45'],
    [['okr', 'list'], { okrRuns: () => aPage([anOkrRun({ cost })]) }, '≈$0.0200'],
    [['okr', 'report', ids.run], { okrRun: () => endedRun }, 'for ≈$0.0200 (estimated ≈$2.45)'],
    [['show', ids.task], { task: () => aTask({ cost }) }, 'cost        ≈$0.0200'],
    [['task', 'list'], { tasks: () => aPage([aTask({ cost })]) }, '≈$0.0200'],
    [
      ['show', ids.agentRun],
      { agentRun: () => ({ ...agentRun, containment: null, cost: { ...cost, micros: 0 }, costSource: 'unknown' }) },
      'cost       cost unknown;',
    ],
    [['show', ids.agentRun], { agentRun: () => ({ ...agentRun, containment: null, cost }) }, 'cost       ≈$0.0200;'],
    [['run', 'list'], { agentRuns: () => aPage([{ ...agentRun, cost }]) }, '≈$0.0200'],
  ])('is shown with ≈ by %j', async (args, resolvers, said) => {
    api = await startFakeApi(resolvers);
    expect((await runFermata(args, { api })).stdout).toContain(said);
  });

  it('is shown without when all of it is known', async () => {
    api = await startFakeApi({ okrRun: () => anOkrRun() });
    expect((await runFermata(['show', ids.run], { api })).stdout).toMatch(/cost +\$0\.0123, no cap/);
  });
});
