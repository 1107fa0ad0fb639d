import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { RunningApi } from './api.js';

export interface StreamedEvent {
  cursor: string;
  type: string;
  data: unknown;
}

export interface FollowOptions {
  token: string;
  query: string;
  variables?: Record<string, unknown>;
}

/** A connection that has not said who it is. */
export async function openSocket({ url }: Pick<RunningApi, 'url'>): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** What the server says of itself. */
export async function openSubscriptions({ url }: Pick<RunningApi, 'url'>): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^fermata_api_open_subscriptions (\d+)/m.exec(metrics)?.[1]);
}

interface Message {
  type: string;
  payload?: { data?: Record<string, unknown> | null; errors?: unknown[] };
}

/** One operation on a socket of its own, spoken by hand so that the protocol itself is under test. */
export async function follow(api: Pick<RunningApi, 'url'>, { token, query, variables }: FollowOptions) {
  const openBefore = await openSubscriptions(api);
  const socket = await openSocket(api);
  const seen: StreamedEvent[] = [];
  const results: unknown[] = [];
  let taken = 0;
  let wake = () => undefined as void;
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  let refuse: (errors: unknown) => void;
  const refused = new Promise((resolve) => (refuse = resolve));
  const acknowledged = new Promise<void>((resolve) => {
    socket.on('message', (raw: Buffer) => {
      const { type, payload } = JSON.parse(raw.toString()) as Message;
      if (type === 'connection_ack') resolve();
      if (type === 'error') refuse(payload);
      if (type !== 'next') return;
      results.push(payload);
      if (payload?.errors) refuse(payload.errors);
      const event = payload?.data?.['events'] as StreamedEvent | undefined;
      if (event) seen.push(event);
      wake();
    });
  });
  socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } }));
  await acknowledged;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
  return {
    ...{ socket, seen, results, closed, refused },
    /** The next `count` events. */
    async take(count: number): Promise<StreamedEvent[]> {
      while (seen.length < taken + count) await new Promise<void>((resolve) => (wake = resolve));
      taken += count;
      return seen.slice(taken - count, taken);
    },
    /** Returns once the server has begun to follow: what happens from then on is seen. */
    async started(): Promise<void> {
      await expect.poll(() => openSubscriptions(api), { timeout: 20_000 }).toBeGreaterThan(openBefore);
    },
    async close(): Promise<void> {
      socket.close();
      await closed;
    },
  };
}
