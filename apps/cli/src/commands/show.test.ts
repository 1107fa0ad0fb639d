import { afterEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anAgent, anOkrRun, aPage, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
afterEach(() => api.close());

const then = '2026-01-31T09:30:00.000Z';
const usage = { micros: 1, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const agentRun = {
  ...{ __typename: 'AgentRun', id: ids.agentRun, kind: 'work', state: 'running', attempt: 1, round: 0, model: 'm' },
  ...{ createdAt: then, startedAt: then, endedAt: null, agent: anAgent(), cost: usage, usage, failure: null },
  ...{ waitingOn: null, runtime: 'api', maxSteps: 80, host: null, worktree: null, result: null, task: null },
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
