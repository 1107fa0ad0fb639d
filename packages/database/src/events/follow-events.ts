import { setTimeout as sleep } from 'node:timers/promises';
import type { EventFilter, EventRepository, EventRow } from '../repositories/event.repository.js';
import type { EventListener } from './event-listener.js';

export interface FollowOptions {
  events: EventRepository;
  listener: EventListener;
  workspaceId: string;
  /** Events after this cursor; 0 for all. */
  after: bigint;
  signal: AbortSignal;
  filter?: EventFilter;
  /** At most this many events in one piece. */
  pageSize?: number;
  /** Looks by itself after this long without a wake, in case the listener's connection is dead. */
  pollMs?: number;
}

/**
 * Events from a cursor on, in order, each once, until `signal` says stop. What is held in memory is one page: a slow
 * reader is behind in the table, not in a buffer. A reader that remembers the last cursor goes on where it was.
 */
export async function* followEvents(options: FollowOptions): AsyncGenerator<EventRow[], void, undefined> {
  const { events, listener, workspaceId, signal, filter, pageSize = 200, pollMs = 5_000 } = options;
  const bell = createBell();
  const unsubscribe = listener.onWorkspace(workspaceId, bell.ring);
  try {
    let cursor = options.after;
    while (!signal.aborted) {
      bell.reset();
      const page = await events.after(cursor, { ...filter, limit: pageSize });
      cursor = page.at(-1)?.cursor ?? cursor;
      if (page.length > 0) yield page;
      else await bell.rung(pollMs, signal);
    }
  } finally {
    unsubscribe();
  }
}

/** Remembers a ring until the next reset, so that one between reading and waiting is not missed. */
function createBell() {
  let ringer = new AbortController();
  return {
    ring: () => ringer.abort(),
    reset: () => void (ringer = new AbortController()),
    rung: (atMostMs: number, signal: AbortSignal): Promise<void> =>
      sleep(atMostMs, undefined, { signal: AbortSignal.any([ringer.signal, signal]) }).catch(() => undefined),
  };
}
