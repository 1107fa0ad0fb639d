import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, listWorkspaces, recordChange } from '@fermata/database';
import { distribution } from './statistics.mjs';

const subscription = 'subscription { events { type subjectId cursor } }';
const patienceMs = 5_000;

/**
 * Commits events one after the other and measures when each reaches a subscriber, from the moment the commit is sent:
 * what is measured is never less than what passes after the commit.
 * @param {{ fermata: any }} bench
 */
export async function measureEvents({ fermata }, { events = 200 } = {}) {
  const database = createDatabase({ url: fermata.stack.databaseUrl, poolSize: 1 });
  const subscriber = await openSubscriber(fermata);
  try {
    const [workspaceId] = await listWorkspaces(database);
    const samples = [];
    for (let count = 0; count < events; count += 1) {
      const subjectId = `bench-${count}`;
      const seen = subscriber.sees(subjectId);
      const committedAt = performance.now();
      await recordChange(database, { workspaceId, events: [{ type: 'step.ended', subjectId, data: {} }] });
      samples.push((await seen) - committedAt);
      await sleep(10);
    }
    return [distribution('event_to_subscriber', 'ms', samples, { p95: 100 })];
  } finally {
    subscriber.close();
    await database.close();
  }
}

/** One subscriber over graphql-transport-ws. */
async function openSubscriber({ apiUrl, token }) {
  const socket = new globalThis.WebSocket(`${apiUrl.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const awaited = new Map();
  const send = (message) => socket.send(JSON.stringify(message));
  const acknowledged = new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the WebSocket to the API broke')));
    socket.addEventListener('close', ({ reason }) => reject(new Error(`the API closed the WebSocket: ${reason}`)));
    socket.addEventListener('open', () =>
      send({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }),
    );
    socket.addEventListener('message', ({ data }) => {
      const { type, payload } = JSON.parse(data);
      if (type === 'connection_ack') resolve();
      if (type === 'next') awaited.get(payload.data.events.subjectId)?.(performance.now());
    });
  });
  await acknowledged;
  send({ id: 'events', type: 'subscribe', payload: { query: subscription } });
  // The protocol does not confirm a subscription; without `after` it begins where the log ends when the server takes it.
  await sleep(500);
  return {
    /** The time at which the event of that subject arrives. */
    sees: (subjectId) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`the event of ${subjectId} never came`)), patienceMs);
        awaited.set(subjectId, (at) => {
          clearTimeout(timer);
          resolve(at);
        });
      }),
    close: () => socket.close(),
  };
}
