import { EventType } from '@fermata/contracts';
import { inTransaction, mintApiToken, recordChange, revokeApiToken } from '@fermata/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ask, codeOf, pick, type RunningApi, startApi, tokenOf } from '../../support/api.js';
import { follow, openSocket, openSubscriptions } from '../../support/graphql-socket.js';
import { type MadeOkrRun, makeOkrRun } from '../../support/okr-run.js';
import { useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let api: RunningApi;
let made: MadeOkrRun;
let token: string;

beforeAll(async () => {
  api = await startApi({ databaseUrl: held.url, env: { FERMATA_API_MAX_SUBSCRIPTIONS: '3' } });
});
afterAll(() => api.stop());
beforeEach(async () => {
  made = await makeOkrRun(held.database);
  token = await tokenOf(held.database, made, 'viewer');
});

const events =
  'subscription ($after: Cursor, $okrRunId: ID) { events(after: $after, okrRunId: $okrRunId) { cursor type data okrRunId } }';
const happen = (from: number, count: number, { okrRunId = made.okrRunId, padding = '' } = {}) =>
  inTransaction(held.database, (tx) =>
    recordChange(tx, {
      workspaceId: made.workspaceId,
      events: Array.from({ length: count }, (_, index) => ({
        ...{ type: EventType.stepEnded, subjectId: okrRunId, okrRunId, data: { n: from + index, padding } },
      })),
    }),
  );
const beginning = async () =>
  pick<string>(await ask(api, '{ events(first: 1) { nodes { cursor } } }', { token }), 'events.nodes.0.cursor');
const numbers = (seen: { data: unknown }[]) => seen.map(({ data }) => (data as { n: number }).n);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('following events', () => {
  it('begins with what happens from now on, in order', async () => {
    await happen(1, 3);
    const stream = await follow(api, { token, query: events });
    await stream.started();
    for (let n = 4; n <= 8; n += 1) await happen(n, 1);
    expect(numbers(await stream.take(5))).toEqual(range(4, 8));
    await stream.close();
  });

  it('goes on after a cursor without loss or repetition across a restart of the server', async () => {
    await happen(1, 150);
    const own = await startApi({ databaseUrl: held.url });
    const first = await follow(own, {
      token,
      query: events,
      variables: { after: await beginning(), okrRunId: made.okrRunId },
    });
    const seen = await first.take(120);
    await own.stop();
    await first.closed;
    await happen(151, 150);
    const again = await startApi({ databaseUrl: held.url });
    try {
      const second = await follow(again, {
        token,
        query: events,
        variables: { after: seen.at(-1)!.cursor, okrRunId: made.okrRunId },
      });
      seen.push(...(await second.take(180)));
      await happen(301, 1);
      seen.push(...(await second.take(1)));
      expect(numbers(seen)).toEqual(range(1, 301));
      await second.close();
    } finally {
      await again.stop();
    }
  });

  it('ends subscriptions when the server is told to stop', async () => {
    const own = await startApi({ databaseUrl: held.url });
    const stream = await follow(own, { token, query: events });
    await stream.started();
    expect(await own.stop()).toBe(0);
    expect(await stream.closed).toBe(1001);
  });

  it('shows one run when asked for one, and no other workspace ever', async () => {
    const stream = await follow(api, {
      token,
      query: events,
      variables: { after: await beginning(), okrRunId: made.okrRunId },
    });
    const other = await makeOkrRun(held.database);
    await inTransaction(held.database, (tx) =>
      recordChange(tx, {
        workspaceId: other.workspaceId,
        events: [{ type: EventType.stepEnded, subjectId: other.okrRunId, okrRunId: other.okrRunId, data: { n: -1 } }],
      }),
    );
    await happen(0, 1, { okrRunId: 'okr_another' });
    await happen(1, 2);
    expect(numbers(await stream.take(2))).toEqual([1, 2]);
    await stream.close();
    const foreign = await follow(api, { token, query: events, variables: { okrRunId: other.okrRunId } });
    expect(await foreign.refused).toMatchObject([{ extensions: { code: 'not_found' } }]);
    await foreign.close();
  });

  it('ends when the token is revoked', async () => {
    const { workspaceId, principalId } = made;
    const minted = await mintApiToken(held.database, {
      workspaceId,
      principalId,
      role: 'viewer',
      mintedBy: principalId,
    });
    const stream = await follow(api, { token: minted.token, query: events });
    await stream.started();
    await revokeApiToken(held.database, { workspaceId, tokenId: minted.tokenId, revokedBy: principalId });
    await happen(1, 1);
    expect(await stream.refused).toMatchObject([{ extensions: { code: 'unauthenticated' } }]);
    expect(stream.seen).toEqual([]);
    await stream.close();
  });

  it('ends when the token is revoked and nothing else happens', async () => {
    const { workspaceId, principalId } = made;
    const minted = await mintApiToken(held.database, {
      workspaceId,
      principalId,
      role: 'viewer',
      mintedBy: principalId,
    });
    const stream = await follow(api, { token: minted.token, query: events });
    await stream.started();
    await revokeApiToken(held.database, { workspaceId, tokenId: minted.tokenId, revokedBy: principalId });
    expect(await stream.refused).toMatchObject([{ extensions: { code: 'unauthenticated' } }]);
    await stream.close();
  });

  it('lets one token have so many subscriptions, and takes another when one has ended', async () => {
    const open = await Promise.all(range(1, 3).map(() => follow(api, { token, query: events })));
    await expect.poll(() => openSubscriptions(api), { timeout: 20_000 }).toBe(3);
    const fourth = await follow(api, { token, query: events });
    expect(await fourth.refused).toMatchObject([{ extensions: { code: 'conflict' } }]);
    await open[0]!.close();
    await expect.poll(() => openSubscriptions(api), { timeout: 20_000 }).toBe(2);
    const fifth = await follow(api, { token, query: events, variables: { after: await beginning() } });
    await happen(1, 1);
    await fifth.take(1);
    for (const stream of [...open.slice(1), fourth, fifth]) await stream.close();
    await expect.poll(() => openSubscriptions(api), { timeout: 20_000 }).toBe(0);
  });

  it('holds next to nothing for a reader that does not read', async () => {
    const rss = async () => {
      const metrics = await (await fetch(`${api.url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1]);
    };
    const after = await beginning();
    const padding = 'x'.repeat(20_000);
    for (let n = 1; n <= 4_000; n += 200) await happen(n, 200, { padding });
    const before = await rss();
    const stream = await follow(api, { token, query: events, variables: { after } });
    stream.socket.pause();
    // Long enough for all 80 MB to be read and sent, were there nobody to hold them back.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect((await rss()) - before).toBeLessThan(60_000_000);
    stream.socket.resume();
    const seen = await stream.take(4_000);
    expect(numbers(seen.filter(({ type }) => type === EventType.stepEnded)).slice(0, 3_000)).toEqual(range(1, 3_000));
    await stream.close();
  });
});

describe('the socket', () => {
  it('lets nobody in without a valid token', async () => {
    for (const payload of [undefined, {}, { Authorization: 'Bearer nonsense' }]) {
      const socket = await openSocket(api);
      socket.send(JSON.stringify({ type: 'connection_init', ...(payload && { payload }) }));
      const code = await new Promise((resolve) => socket.once('close', resolve));
      expect(code).toBe(4401);
    }
  });

  it('takes the token of the upgrade as well', async () => {
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'connection_init' }));
    const message = await new Promise<Buffer>((resolve) => socket.once('message', resolve));
    expect(JSON.parse(message.toString())).toEqual({ type: 'connection_ack' });
    socket.close();
  });

  it('answers queries too, within the same limits and roles', async () => {
    const answer = await follow(api, { token, query: '{ me { role } }' });
    await expect.poll(() => answer.results).toEqual([{ data: { me: { role: 'viewer' } } }]);
    await answer.close();
    const refused = [
      ['{ nothing }', 'invalid_input'],
      [`{ okrRuns { nodes { ${'tasks { okrRun { '.repeat(6)} id ${'} }'.repeat(6)} } } }`, 'query_too_complex'],
    ] as const;
    for (const [query, code] of refused) {
      const stream = await follow(api, { token, query });
      expect(await stream.refused).toMatchObject([{ extensions: { code } }]);
      await stream.close();
    }
  });

  it('speaks on no other path and in no other protocol', async () => {
    const closed = (socket: WebSocket) =>
      new Promise((resolve) => socket.on('error', () => resolve('refused')).on('close', resolve));
    expect(await closed(new WebSocket(`${api.url.replace('http', 'ws')}/other`, 'graphql-transport-ws'))).toBe(
      'refused',
    );
    expect(await closed(new WebSocket(`${api.url.replace('http', 'ws')}/graphql`, 'graphql-ws'))).toBe('refused');
  });
});

describe('reading events', () => {
  it('goes through the whole log page by page, each event once', async () => {
    await happen(1, 45);
    const query =
      'query ($after: Cursor, $id: ID) { events(first: 20, after: $after, okrRunId: $id) { nodes { data } pageInfo { hasNextPage endCursor } } }';
    const seen: { data: unknown }[] = [];
    for (let after: string | null = null, more = true; more;) {
      const answer = await ask(api, query, { token, variables: { after, id: made.okrRunId } });
      seen.push(...pick<{ data: unknown }[]>(answer, 'events.nodes'));
      after = pick(answer, 'events.pageInfo.endCursor');
      more = pick(answer, 'events.pageInfo.hasNextPage');
    }
    expect(numbers(seen)).toEqual(range(1, 45));
    expect(codeOf(await ask(api, query, { token, variables: { after: 'MTI' } }))).toBe('invalid_input');
  });
});
