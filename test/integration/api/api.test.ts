import { roles } from '@fermata/contracts';
import { mintApiToken, revokeApiToken } from '@fermata/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let api: RunningApi;
let made: MadeOkrRun;
let admin: string;

beforeAll(async () => {
  made = await makeOkrRun(held.database);
  admin = await tokenOf(held.database, made, 'admin');
  api = await startApi({ databaseUrl: held.url });
});
afterAll(() => api.stop());

describe('the way in', () => {
  it('answers 401 and unauthenticated without a token, with an unknown one and with one that is no token', async () => {
    for (const token of [null, 'fermata_unknown', 'with space']) {
      const answer = await ask(api, '{ me { name } }', { token });
      expect([answer.status, codeOf(answer), answer.data]).toEqual([401, 'unauthenticated', null]);
    }
  });

  it('answers 401 on every path but the open ones', async () => {
    for (const path of ['/graphql', '/graphiql', '/nothing']) {
      expect((await fetch(`${api.url}${path}`)).status).toBe(401);
    }
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  });

  it('lets nobody in with a token that was revoked or has expired', async () => {
    const { workspaceId, principalId } = made;
    const order = { workspaceId, principalId, role: 'admin', mintedBy: principalId } as const;
    const expired = await mintApiToken(held.database, { ...order, expiresAt: new Date(Date.now() - 1_000) });
    const revoked = await mintApiToken(held.database, order);
    expect((await ask(api, '{ me { role } }', { token: revoked.token })).status).toBe(200);
    await revokeApiToken(held.database, { workspaceId, tokenId: revoked.tokenId, revokedBy: principalId });
    for (const { token } of [expired, revoked]) expect((await ask(api, '{ me { role } }', { token })).status).toBe(401);
  });

  it('says whom a token stands for', async () => {
    const answer = await ask(api, '{ me { principalId name role workspace { id name } } }', { token: admin });
    expect(answer.data).toEqual({
      me: {
        ...{ principalId: made.principalId, name: 'somebody', role: 'admin' },
        workspace: { id: made.workspaceId, name: 'workspace' },
      },
    });
  });

  it('lets every role read and shows the schema to whoever has a token', async () => {
    for (const role of roles) {
      const token = await tokenOf(held.database, made, role);
      const answer = await ask(api, '{ __schema { queryType { name } } status { pendingApprovals } }', { token });
      expect(answer.errors).toBeUndefined();
    }
  });
});

describe('a request that cannot be', () => {
  it('is invalid_input when GraphQL refuses it', async () => {
    for (const query of [
      '{',
      '{ nothing }',
      'query ($id: ID!) { task(id: $id) { id } }',
      '{ okrRuns(first: "x") { nodes { id } } }',
    ]) {
      const answer = await ask(api, query, { token: admin, variables: {} });
      expect([answer.status, codeOf(answer)], query).toEqual([400, 'invalid_input']);
    }
  });

  it('is invalid_input when it is no JSON, and when it is too large', async () => {
    const post = (body: string) =>
      fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
        body,
      });
    const broken = await post('{"query"');
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ errors: [{ extensions: { code: 'invalid_input' } }] });
    expect((await post(JSON.stringify({ query: `{ me { name } } # ${'x'.repeat(1_100_000)}` }))).status).toBe(413);
  });

  it('is refused for a page that is too large or a cursor that is none', async () => {
    for (const args of ['first: 0', 'first: 101', 'after: "nonsense"']) {
      expect(codeOf(await ask(api, `{ tasks(${args}) { nodes { id } } }`, { token: admin }))).toBe('invalid_input');
    }
    const page = await ask(api, '{ tasks { pageInfo { endCursor } } }', { token: admin });
    const query = 'query ($after: Cursor) { events(after: $after) { nodes { type } } }';
    const variables = { after: pick(page, 'tasks.pageInfo.endCursor') };
    expect(codeOf(await ask(api, query, { token: admin, variables }))).toBe('invalid_input');
  });

  it('is not_found for an id that no database could hold', async () => {
    const queries = [
      'query ($id: ID!) { node(id: $id) { id } }',
      'mutation ($id: ID!) { pauseRun(input: { id: $id }) { __typename } }',
      'mutation ($id: ID!) { retryTask(input: { taskId: $id }) { __typename } }',
      'mutation ($id: ID!) { setBudget(input: { okrRunId: $id }) { __typename } }',
    ];
    for (const query of queries) {
      for (const id of ['okr_\0', 'task_\ud800', 'x'.repeat(10_000)]) {
        expect(codeOf(await ask(api, query, { token: admin, variables: { id } })), query).toBe('not_found');
      }
    }
  });

  it('says what was measured and what is allowed when it is too deep', async () => {
    const deep = `{ okrRuns { nodes { ${'tasks { okrRun { '.repeat(6)} id ${'} }'.repeat(6)} } } }`;
    const { errors } = await ask(api, deep, { token: admin });
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'query_too_complex', details: { depth: 15, maxDepth: 12 } },
    });
    expect(errors?.[0]?.message).toContain('15 fields deep');
  });

  it('counts a page by its size, whether that is written or a variable, and through fragments', async () => {
    const wide =
      'query ($n: Int!) { okrRuns(first: $n) { nodes { ...Run } } } fragment Run on OkrRun { tasks { agentRuns { steps(first: 50) { nodes { id } } } } }';
    const answer = await ask(api, wide, { token: admin, variables: { n: 100 } });
    expect(answer.errors?.[0]).toMatchObject({ extensions: { code: 'query_too_complex', details: { maxCost: 5000 } } });
    expect(answer.errors?.[0]?.extensions.details?.['cost']).toBeGreaterThan(100 * 5 * 5 * 50);
    expect((await ask(api, wide, { token: admin, variables: { n: 1 } })).errors).toBeUndefined();
  });

  it('never shows what went wrong on our side, and logs it under the reference it gives', async () => {
    await held.admin.query('ALTER TABLE "review" RENAME TO "review_hidden"');
    try {
      const { errors } = await ask(api, '{ tasks { nodes { reviews { id } } } }', { token: admin });
      const [error] = errors ?? [];
      expect(error).toMatchObject({ extensions: { code: 'internal' } });
      expect(error?.message).not.toContain('review');
      const logged = api.log.find((line) => line['reference'] === error?.extensions.reference);
      expect(JSON.stringify(logged)).toContain('review');
    } finally {
      await held.admin.query('ALTER TABLE "review_hidden" RENAME TO "review"');
    }
  });

  it('is refused over GET when it would change something', async () => {
    const query = encodeURIComponent(`mutation { pauseRun(input: { id: "${made.okrRunId}" }) { okrRun { state } } }`);
    const response = await fetch(`${api.url}/graphql?query=${query}`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    expect(response.status).toBe(405);
  });
});

describe('health', () => {
  it('is alive, and not ready while Temporal is away, naming it', async () => {
    expect(await (await fetch(`${api.url}/healthz`)).json()).toEqual({ ok: true });
    const ready = await fetch(`${api.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, missing: ['temporal'] }]);
  });

  it('tells Prometheus how long operations take, by names from the schema only', async () => {
    await ask(api, 'query Secret { renamed: me { name } }', { token: admin });
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('fermata_api_request_duration_seconds_count{operation="query me",outcome="ok"}');
    expect(metrics).toContain('fermata_api_open_subscriptions 0');
    expect(metrics).not.toContain('Secret');
  });
});

describe('the process', () => {
  it('says where it listens as the one line on stdout, and ends in order when told to', async () => {
    const own = await startApi({ databaseUrl: held.url });
    expect(own.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await own.stop('SIGINT')).toBe(0);
    expect(own.stdout.map((line) => JSON.parse(line) as unknown)).toEqual([{ ready: true, url: own.url }]);
  });

  it('names every bad key and shows no secret when the environment cannot be used', async () => {
    const env = { DATABASE_URL: 'mysql://u:hunter2@h/d', FERMATA_API_PORT: 'many', TEMPORAL_NAMESPACE: '' };
    const failure = await startApi({ databaseUrl: '', env }).catch((error: Error) => error.message);
    expect(failure).toContain('DATABASE_URL');
    expect(failure).toContain('FERMATA_API_PORT');
    expect(failure).not.toContain('hunter2');
  });

  it('logs neither goals nor tokens', async () => {
    const goal = 'a goal that must not be logged';
    const input = { repositoryId: made.repositoryId, goal, clientRequestId: 'quiet' };
    const query = 'mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { okrRun { id } } }';
    expect((await ask(api, query, { token: admin, variables: { input } })).errors).toBeUndefined();
    expect(JSON.stringify(api.log)).not.toContain(goal);
    expect(JSON.stringify(api.log)).not.toContain(admin);
  });
});
