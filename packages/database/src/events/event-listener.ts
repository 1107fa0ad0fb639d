import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { eventChannel } from '../ledger/record-change.js';

export interface EventListener {
  /** Calls `wake` whenever the workspace may have new events; the events themselves are read from the table. */
  onWorkspace(workspaceId: string, wake: () => void): () => void;
  /** Ends the connection; nobody is woken any more. */
  close(): Promise<void>;
}

export interface EventListenerOptions {
  url: string;
  /** Told why a connection was lost or did not come about; another one is tried. */
  onError?: (error: Error) => void;
}

const shortestPauseMs = 50;
const longestPauseMs = 5_000;

/**
 * One connection of its own that listens for all workspaces. Notifications sent while it is down are lost, so after
 * each new connection everyone is woken. A connection that is dead without a sign is the followers' business: they
 * look by themselves from time to time.
 */
export function createEventListener({ url, onError = () => undefined }: EventListenerOptions): EventListener {
  const wakers = new Map<string, Set<() => void>>();
  const closing = new AbortController();
  const wake = (ids: Iterable<string>) => {
    for (const id of ids) for (const waker of wakers.get(id) ?? []) waker();
  };
  const heard = { all: () => wake([...wakers.keys()]), one: (workspaceId: string) => wake([workspaceId]) };
  const listening = keepListening({ url, heard, onError, signal: closing.signal });

  return {
    onWorkspace(workspaceId, waker) {
      // A wrapper of its own for each call, so that the same function may listen twice and leave once.
      const entry = () => waker();
      const entries = wakers.get(workspaceId) ?? new Set();
      wakers.set(workspaceId, entries.add(entry));
      return () => {
        entries.delete(entry);
        if (entries.size === 0 && wakers.get(workspaceId) === entries) wakers.delete(workspaceId);
      };
    },
    async close() {
      closing.abort();
      await listening;
    },
  };
}

interface Listening {
  url: string;
  heard: { all(): void; one(workspaceId: string): void };
  onError: (error: Error) => void;
  signal: AbortSignal;
}

async function keepListening(listening: Listening): Promise<void> {
  const { onError, signal } = listening;
  for (let pauseMs = shortestPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      await listenOnce(listening, () => (pauseMs = shortestPauseMs));
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Listens until the connection ends or `signal` says so. */
async function listenOnce({ url, heard, signal }: Listening, onListening: () => void): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    application_name: 'fermata events',
  });
  let stop: () => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stop = resolve;
    client.on('error', reject);
    client.on('end', resolve);
  });
  signal.addEventListener('abort', stop);
  // It may fail before anyone awaits it.
  ended.catch(() => undefined);
  client.on('notification', ({ payload }) => void (payload && heard.one(payload)));
  try {
    await client.connect();
    await client.query(`LISTEN ${eventChannel}`);
    onListening();
    heard.all();
    await ended;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}
