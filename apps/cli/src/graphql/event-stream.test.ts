import { afterEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi, validToken } from '../testing/fake-api.fixture.js';
import { anEvent, aPage, ids } from '../testing/rows.fixture.js';
import { createApi } from './api.js';
import { followEvents, type StreamOptions } from './event-stream.js';

let fake: FakeApi | undefined;
let stop = new AbortController();
afterEach(async () => {
  stop.abort();
  await fake?.close();
  fake = undefined;
});

const log = Array.from({ length: 6 }, (_none, place) => anEvent(place, 'step.ended'));
const placeOf = (cursor: string | null | undefined) => log.findIndex((event) => event['cursor'] === cursor);

/** Tells of the log behind the cursor, then of nothing until it is left. */
async function* tell(after: string | null | undefined, upTo: number) {
  for (const event of log.slice(placeOf(after) + 1, upTo)) yield { events: event };
  await new Promise(() => undefined);
}

function follow(over: Partial<StreamOptions> = {}, token = validToken) {
  stop = new AbortController();
  const api = createApi({ url: fake?.url ?? '', urlFrom: 'test', token, tokenFrom: 'test' }, { say: () => undefined });
  return followEvents(api, { okrRunId: ids.run, signal: stop.signal, onConnection: () => undefined, ...over });
}

describe('following events', () => {
  it('goes on behind the last event when the connection breaks: none twice, none lost', async () => {
    let upTo = 4;
    fake = await startFakeApi({ events: () => aPage(log.slice(0, 2)) }, { events: ({ after }) => tell(after, upTo) });
    const seen: unknown[] = [];
    const states: string[] = [];
    for await (const { cursor } of follow({ onConnection: (state) => void states.push(state) })) {
      seen.push(cursor);
      if (seen.length === 4) {
        upTo = log.length;
        fake.dropSubscribers();
      }
      if (seen.length === log.length) break;
    }
    expect(seen).toEqual(log.map((event) => event['cursor']));
    expect(fake.subscriptions.map(({ after }) => after)).toEqual(['cursor-1', 'cursor-3']);
    expect(states).toEqual(['lost', 'back']);
  });

  it('ends when it is stopped', async () => {
    fake = await startFakeApi({ events: () => aPage([]) }, { events: ({ after }) => tell(after, 1) });
    const seen: unknown[] = [];
    for await (const event of follow()) {
      seen.push(event);
      stop.abort();
    }
    expect(seen).toHaveLength(1);
  });

  it('gives up when the server stays away', async () => {
    fake = await startFakeApi({ events: () => aPage(log.slice(0, 1)) }, { events: ({ after }) => tell(after, 2) });
    const events = follow({ patienceMs: 300 });
    await events.next();
    await events.next();
    await fake.close();
    fake = undefined;
    await expect(events.next()).rejects.toThrow(/has not answered for 0 s/);
  });

  it('does not come back to a server that refuses the token', async () => {
    fake = await startFakeApi({ events: () => aPage([]) }, { events: ({ after }) => tell(after, 1) });
    const events = follow({}, 'wrong');
    await expect(events.next()).rejects.toThrow(/does not accept the token from test/);
  });
});
