import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type FakeApi, startFakeApi, validToken } from '../testing/fake-api.fixture.js';
import { aPage, anOkrRun } from '../testing/rows.fixture.js';
import { createApi } from './api.js';
import { okrRunsQuery } from './okr-run.js';

let fake: FakeApi | undefined;
afterEach(() => fake?.close());

it('says that it still waits for a server that does not answer, and nothing when it does', async () => {
  fake = await startFakeApi({ okrRuns: () => sleep(300).then(() => aPage([anOkrRun()])) });
  const said: string[] = [];
  const server = { url: fake.url, urlFrom: 'test', token: validToken, tokenFrom: 'test' };
  const api = createApi(server, { say: (text) => said.push(text), afterMs: 50 });
  await api.ask(okrRunsQuery, { first: 1, after: null, filter: null });
  expect(said).toEqual([expect.stringContaining(`Still waiting for the server at ${fake.url}`)]);
  await createApi(server, { say: (text) => said.push(text), afterMs: 20_000 }).ask(okrRunsQuery, {
    ...{ first: 1, after: null, filter: null },
  });
  expect(said).toHaveLength(1);
});
