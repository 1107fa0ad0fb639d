import { afterEach, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from '../testing/fake-api.fixture.js';
import { anAgent, anEvent, anOkrRun, aPage, ids } from '../testing/rows.fixture.js';
import { runFermata } from '../testing/run-fermata.fixture.js';

let api: FakeApi;
afterEach(() => api.close());

const answer = {
  blocks: [
    { type: 'text', text: 'I look around.' },
    { type: 'tool_call', callId: 'c', name: 'read', input: { path: 'a' } },
  ],
};
const then = '2026-01-31T09:30:00.000Z';
const step = (index: number, over: object) => ({
  ...{ id: `stp_${index}`, index, kind: 'tool', name: 'bash', state: 'succeeded', attempt: 1, startedAt: then },
  ...{ endedAt: then, checkpoint: null, failure: null, cost: null, input: null },
  ...over,
});
const blob = (text: string) => ({
  digest: text,
  size: text.length,
  text: () => ({ text, offset: 0, nextOffset: null }),
});
const texts = [JSON.stringify(answer), `${'x'.repeat(50)}`];
const cost = { micros: 1, estimated: false, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

const agentRun = {
  ...{ __typename: 'AgentRun', id: ids.agentRun, kind: 'work', state: 'succeeded', attempt: 1, round: 0, model: 'm' },
  ...{ createdAt: then, startedAt: then, endedAt: then, agent: anAgent(), cost, failure: null, waitingOn: null },
  ...{
    runtime: 'api',
    maxSteps: 80,
    costSource: 'metered',
    host: null,
    worktree: null,
    result: null,
    usage: cost,
    okrRun: anOkrRun(),
    task: null,
  },
  ...{ title: null, depth: 0, parent: null, children: [], budget: null },
  steps: () =>
    aPage([
      step(0, { kind: 'model', name: 'm', output: blob(texts[0] ?? '') }),
      step(1, { output: blob(texts[1] ?? '') }),
    ]),
};
const of = {
  agentRunId: ids.agentRun,
  subjectId: 'stp_0',
  data: { index: 0, kind: 'model', name: 'm', state: 'succeeded' },
};
const log = [
  anEvent(1, 'okr_run.submitted'),
  anEvent(2, 'step.ended', of),
  anEvent(3, 'step.ended', { ...of, subjectId: 'stp_1' }),
  anEvent(4, 'agent_run.state_changed', { ...of, subjectId: ids.agentRun, data: { from: 'running', to: 'succeeded' } }),
];

async function serve() {
  api = await startFakeApi({
    node: () => agentRun,
    agentRun: () => agentRun,
    okrRun: () => anOkrRun(),
    events: () => aPage(log),
    blob: ({ digest }: { digest: string }) => blob(digest),
  });
}

it('shows what each step of an agent run said and gave back, and nothing of other runs', async () => {
  await serve();
  const { code, stdout } = await runFermata(['logs', ids.agentRun, '--chars', '40'], { api });
  expect(code).toBe(0);
  expect(stdout).toContain('I look around.');
  expect(stdout).toContain('→ read {"path":"a"}');
  expect(stdout).toContain('[10 more characters: --chars]');
  expect(stdout).not.toContain('goal submitted');
});

it('ends with what it follows, and gives one document of it', async () => {
  await serve();
  const { code, stdout } = await runFermata(['logs', ids.agentRun, '-f', '--json'], { api });
  expect(code).toBe(0);
  const { events, steps } = JSON.parse(stdout) as { events: unknown[]; steps: { text: string }[] };
  expect(events).toHaveLength(3);
  expect(steps.map(({ text }) => text)).toEqual(['I look around.\n→ read {"path":"a"}', 'x'.repeat(50)]);
});

it('exits 2 for what has no log', async () => {
  await serve();
  expect(await runFermata(['logs', ids.repository], { api })).toMatchObject({ code: 2 });
});
