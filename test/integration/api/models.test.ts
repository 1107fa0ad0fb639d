import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
const home = mkdtempSync(join(tmpdir(), 'fermata-models-'));
let api: RunningApi;
let made: MadeOkrRun;
let token: string;
const own = { name: 'own-model', provider: 'openai', contextWindow: 100_000, maxOutputTokens: 8_000 };
beforeAll(async () => {
  writeFileSync(
    join(home, 'models.json'),
    JSON.stringify({ models: [{ ...own, price: { input: 1000, output: 1000 } }] }),
  );
  api = await startApi({ databaseUrl: held.url, env: { FERMATA_HOME: home } });
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'admin');
});
afterAll(async () => {
  await api.stop();
  rmSync(home, { recursive: true, force: true });
});

const save = (input: Record<string, unknown>) =>
  ask(api, 'mutation ($input: SaveAgentInput!) { saveAgent(input: $input) { agent { modelPolicy reasoning } } }', {
    token,
    variables: { input: { name: 'default', ...input } },
  });

describe('the model policy of an agent', () => {
  it('is kept as it is given, until it is taken away', async () => {
    const modelPolicy = {
      rules: [{ kind: 'review', model: 'gpt-5' }],
      escalate: { afterFailedGates: 1, to: 'claude-opus-5-5' },
      fallback: ['own-model'],
      downgrade: [{ atBudgetPercent: 80, to: 'gpt-5-mini' }],
    };
    const saved = pick(await save({ modelPolicy, reasoning: 'low' }), 'saveAgent.agent');
    expect(saved).toEqual({ modelPolicy, reasoning: 'low' });
    expect(pick(await save({ maxSteps: 9 }), 'saveAgent.agent')).toEqual(saved);
    expect(pick(await save({ modelPolicy: {} }), 'saveAgent.agent.modelPolicy')).toEqual({});
  });

  it('is refused when it names a model without a price, with the way to state it', async () => {
    const answer = await save({
      modelPolicy: { fallback: ['gpt-5', 'nobody-1'], escalate: { afterFailedGates: 1, to: 'nobody-2' } },
    });
    expect(codeOf(answer)).toBe('model_unknown');
    expect(answer.errors?.[0]?.message).toMatch(/"nobody-1", "nobody-2".*models\.json/);
    expect(answer.errors?.[0]?.message).not.toContain('"gpt-5"');
  });

  it.each([
    ['a rule without a model', { rules: [{ kind: 'work' }] }],
    ['a kind of work that there is not', { rules: [{ kind: 'dance', model: 'gpt-5' }] }],
    ['a percentage past a hundred', { downgrade: [{ atBudgetPercent: 180, to: 'gpt-5' }] }],
    ['a misspelt part', { fallbacks: ['gpt-5'] }],
  ])('is refused with %s', async (_, modelPolicy) => {
    expect(codeOf(await save({ modelPolicy }))).toBe('invalid_input');
  });
});

it('warns of a budget by the price that a user states', async () => {
  await save({ model: 'own-model', modelPolicy: {} });
  const goal = { repositoryId: made.repositoryId, goal: 'Be quicker', budgetMicros: 5_000_000, clientRequestId: 'own' };
  const submit = 'mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { warnings { code neededMicros } } }';
  const answer = await ask(api, submit, { token, variables: { input: goal } });
  // 8 000 tokens out and 15 010 in, at 1000 dollars a million: the dearest that anybody states.
  expect(pick(answer, 'submitGoal.warnings')).toEqual([{ code: 'budget_too_small', neededMicros: 23_010_000 }]);
});

it('shows which providers are not asked, since when and until when', async () => {
  const now = new Date();
  const later = new Date(Date.now() + 20_000);
  const rows = { provider: 'anthropic', host: 'api.anthropic.com', updatedAt: now };
  await held.database.modelProviderHealth.createMany({
    data: [
      { ...rows, model: 'a', circuit: 'open', failures: 5, openedAt: now, openUntil: later, reason: 'HTTP 529' },
      { ...rows, model: 'b', circuit: 'closed', retryNotBefore: later, reason: 'HTTP 429' },
      { ...rows, model: 'c', circuit: 'closed', failures: 2 },
    ],
  });
  const waitingOn = {
    ...{ kind: 'rate_limit', since: now.toISOString(), detail: 'Away.', releasableBy: ['provider'] },
    until: later.toISOString(),
  };
  const modelChoice = { model: 'scripted', rule: 'rule', reason: 'Rule 1 of the model policy: any work.' };
  await held.database.agentRun.updateMany({ where: { id: made.agentRunId }, data: { waitingOn, modelChoice } });
  const answer = await ask(
    api,
    `query ($id: ID!) { status { modelCircuits { model circuit failures reason until } }
      agentRun(id: $id) { modelReason waitingOn { until } } }`,
    { token, variables: { id: made.agentRunId } },
  );
  expect(pick(answer, 'status.modelCircuits')).toEqual([
    { model: 'a', circuit: 'open', failures: 5, reason: 'HTTP 529', until: later.toISOString() },
    { model: 'b', circuit: 'closed', failures: 0, reason: 'HTTP 429', until: later.toISOString() },
  ]);
  expect(pick(answer, 'agentRun')).toEqual({
    modelReason: modelChoice.reason,
    waitingOn: { until: later.toISOString() },
  });
});

it('does not start on a models file that cannot be used, and names what is wrong', async () => {
  const file = join(home, 'bad.json');
  writeFileSync(file, JSON.stringify({ models: [{ name: 'half', provider: 'openai' }] }));
  const started = startApi({ databaseUrl: held.url, env: { FERMATA_MODELS_FILE: file } });
  await expect(started).rejects.toThrow(/models\[0\] \(half\).*contextWindow, maxOutputTokens, price/);
});
