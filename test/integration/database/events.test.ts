import { EventType } from '@fermata/contracts';
import {
  createEventListener,
  createEventRepository,
  type EventFilter,
  type EventListener,
  type EventRow,
  followEvents,
  inTransaction,
  recordChange,
} from '@fermata/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let workspaceId: string;
let listener: EventListener;
const stop = { controller: new AbortController() };

beforeEach(async () => {
  ({ workspaceId } = await makeWorkspace(held.database));
  listener = createEventListener({ url: held.url });
  stop.controller = new AbortController();
});
afterEach(async () => {
  stop.controller.abort();
  await listener.close();
});

function tell(count = 1, okrRunId = 'okr_1', type: EventType = EventType.stepEnded) {
  const events = Array.from({ length: count }, (_, index) => ({ type, subjectId: `s${index}`, okrRunId, data: {} }));
  return inTransaction(held.database, (tx) => recordChange(tx, { workspaceId, events }));
}

/** Long enough never to be what makes a test pass. */
const never = 600_000;

function follow(options: { after?: bigint; filter?: EventFilter; pageSize?: number; pollMs?: number } = {}) {
  const events = createEventRepository(held.database, workspaceId);
  const { signal } = stop.controller;
  return followEvents({ events, listener, workspaceId, after: 0n, signal, pollMs: never, ...options });
}

/** Reads until `count` events have come, then stops the follower. */
async function take(pages: AsyncGenerator<EventRow[]>, count: number): Promise<bigint[]> {
  const cursors: bigint[] = [];
  while (cursors.length < count) {
    const next = await pages.next();
    if (next.done) break;
    cursors.push(...next.value.map(({ cursor }) => cursor));
  }
  return cursors;
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => BigInt(first + index));

async function listening(): Promise<number[]> {
  for (;;) {
    const { rows } = await held.admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN fermata_events' AND state = 'idle'`,
    );
    if (rows.length > 0) return rows.map(({ pid }) => pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('following events', () => {
  it('gives what was there and then what comes, each once and in order', async () => {
    await tell(3);
    const pages = follow();
    expect(await take(pages, 3)).toEqual(upTo(3));
    const next = take(pages, 5);
    for (let turn = 0; turn < 5; turn += 1) await tell();
    expect(await next).toEqual(upTo(8, 4));
  });

  it('goes on from a cursor', async () => {
    await tell(5);
    expect(await take(follow({ after: 3n }), 2)).toEqual([4n, 5n]);
  });

  it('hands over large backlogs in pages', async () => {
    await tell(25);
    const sizes: number[] = [];
    for await (const page of follow({ pageSize: 10 })) {
      sizes.push(page.length);
      if (sizes.length === 3) break;
    }
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('loses nothing when its connection is cut, again and again, while twenty writers write', async () => {
    const reading = take(follow(), 200);
    const writing = Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let turn = 0; turn < 10; turn += 1) await tell();
      }),
    );
    for (let cut = 0; cut < 3; cut += 1) {
      for (const pid of await listening()) await held.admin.query('SELECT pg_terminate_backend($1)', [pid]);
    }
    await writing;
    expect(await reading).toEqual(upTo(200));
  });

  it('hears what was told while nobody listened', async () => {
    const [pid] = await listening();
    const reading = take(follow(), 1);
    await held.admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await tell();
    expect(await reading).toEqual([1n]);
  });

  it('misses nothing that is told between reading and waiting', async () => {
    const events = createEventRepository(held.database, workspaceId);
    await listening();
    let reads = 0;
    const slow: typeof events = {
      ...events,
      async after(...args) {
        const page = await events.after(...args);
        reads += 1;
        if (reads === 1) {
          const heard = new Promise<void>((resolve) => void listener.onWorkspace(workspaceId, resolve));
          await tell();
          await heard;
        }
        return page;
      },
    };
    const { signal } = stop.controller;
    const pages = followEvents({ events: slow, listener, workspaceId, after: 0n, signal, pollMs: never });
    expect(await take(pages, 1)).toEqual([1n]);
  });

  it('looks by itself when the listener is deaf', async () => {
    await listener.close();
    const reading = take(follow({ pollMs: 20 }), 1);
    await tell();
    expect(await reading).toEqual([1n]);
  });

  it('keeps to its filter without losing its place', async () => {
    const reading = take(follow({ filter: { okrRunId: 'okr_2', types: [EventType.stepEnded] } }), 2);
    await tell(3, 'okr_1');
    await tell(1, 'okr_2');
    await tell(1, 'okr_2', EventType.stepStarted);
    await tell(1, 'okr_2');
    expect(await reading).toEqual([4n, 6n]);
  });

  it('ends when it is told to, also while it waits', async () => {
    const pages = follow();
    const waiting = pages.next();
    stop.controller.abort();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});

describe('a listener', () => {
  it('wakes everyone once it listens, and then each workspace for its own events only', async () => {
    const other = await makeWorkspace(held.database);
    const fresh = createEventListener({ url: held.url });
    const woken: string[] = [];
    const wakes = () => new Promise<void>((resolve) => void fresh.onWorkspace(workspaceId, resolve));
    await wakes();
    fresh.onWorkspace(other.workspaceId, () => woken.push('other'));
    const leave = fresh.onWorkspace(workspaceId, () => woken.push('left'));
    leave();
    const heard = wakes();
    await tell();
    await heard;
    await fresh.close();
    expect(woken).toEqual([]);
  });

  it('says why it cannot listen, keeps trying, and can be closed meanwhile', async () => {
    const errors: Error[] = [];
    const deaf = createEventListener({
      url: 'postgresql://nobody:nothing@127.0.0.1:1/none',
      onError: (error) => void errors.push(error),
    });
    while (errors.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    await deaf.close();
    expect(errors[0]).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
