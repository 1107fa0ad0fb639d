import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, isDomainError } from '@fermata/contracts';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { textOf } from './document.js';
import { type Event, eventsQuery, eventsSubscription } from './events.js';
import type { Api } from './api.js';
import { type AnswerError, toDomainError } from './read-answer.js';
import { ServerUnreachable } from './server-unreachable.js';
import { calledAs } from '../called-as.js';

export interface StreamOptions {
  okrRunId: string;
  signal: AbortSignal;
  /** Told when the connection is lost and when it is back. */
  onConnection(state: 'lost' | 'back'): void;
  /** How long the server may be away before we give up. */
  patienceMs?: number;
}

const defaultPatienceMs = 10 * 60_000;
const longestPauseMs = 2_000;
/** The server closes with these when nothing is gained by coming back (`graphql-transport-ws`: 44xx). */
const isRefusal = (code: number) => code >= 4400 && code < 4500 && code !== 4408;

/**
 * Everything that happened to a run and everything that happens, in order, each once. A connection that breaks is made
 * again and goes on behind the last event. Ends when the signal is aborted.
 * @throws ServerUnreachable when the server stays away; DomainError when it refuses
 */
export async function* followEvents(api: Api, options: StreamOptions): AsyncGenerator<Event, void, undefined> {
  let after: string | null = null;
  for await (const event of pastEvents(api, options.okrRunId)) {
    after = event.cursor;
    yield event;
  }
  const outage = new Outage(options);
  while (!options.signal.aborted) {
    try {
      for await (const event of liveEvents(api, { ...options, after, onConnected: () => outage.end() })) {
        after = event.cursor;
        yield event;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      if (isDomainError(error) && !(error instanceof ServerUnreachable)) throw error;
    }
    if (!options.signal.aborted) await outage.wait(api);
  }
}

/** Everything that happened to a run so far, in order. */
export async function* pastEvents(api: Api, okrRunId: string): AsyncGenerator<Event, void, undefined> {
  let after: string | null = null;
  for (;;) {
    const { events }: { events: { nodes: readonly Event[]; pageInfo: { hasNextPage: boolean } } } = await api.ask(
      eventsQuery,
      { first: 100, after, okrRunId },
    );
    yield* events.nodes;
    const last = events.nodes.at(-1);
    if (last === undefined || !events.pageInfo.hasNextPage) return;
    after = last.cursor;
  }
}

/** One connection's events. Ends, or throws, when the connection does. */
async function* liveEvents(
  { server }: Api,
  { okrRunId, signal, after, onConnected }: StreamOptions & { after: string | null; onConnected: () => void },
): AsyncGenerator<Event, void, undefined> {
  const client = connect(server, onConnected);
  const leave = () => void client.dispose();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const query = textOf(eventsSubscription);
    for await (const { data, errors } of client.iterate<{ events: Event }>({ query, variables: { after, okrRunId } })) {
      const [error] = errors ?? [];
      if (error !== undefined) throw toDomainError(error, server);
      if (data != null) yield data.events;
    }
  } catch (error) {
    throw connectionError(error, server);
  } finally {
    signal.removeEventListener('abort', leave);
    await client.dispose();
  }
}

function connect(server: Api['server'], onConnected: () => void): Client {
  // A server that vanishes without a word is noticed by an answer that does not come.
  let silence: NodeJS.Timeout | undefined;
  const client: Client = createClient({
    url: `${server.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${server.token}` },
    retryAttempts: 0,
    connectionAckWaitTimeout: 10_000,
    keepAlive: 10_000,
    on: {
      connected: onConnected,
      ping: (received) => {
        if (!received) silence = setTimeout(() => client.terminate(), 10_000);
      },
      pong: (received) => {
        if (received) clearTimeout(silence);
      },
      closed: () => clearTimeout(silence),
    },
  });
  return client;
}

/** graphql-ws throws the server's errors as a list, a close of the connection as its event, and our own as they are. */
function connectionError(error: unknown, server: Api['server']): Error {
  if (isDomainError(error)) return error;
  if (Array.isArray(error)) return toDomainError(error[0] as AnswerError, server);
  const { code, reason } = error as { code?: unknown; reason?: string };
  if (code === 4401) return toDomainError({ message: '', extensions: { code: 'unauthenticated' } }, server);
  if (typeof code === 'number' && isRefusal(code))
    return new DomainError('internal', `${server.url} refuses to tell what happens: ${reason ?? ''} (${code}).`);
  return new ServerUnreachable(`The connection to ${server.url} broke.`, { url: server.url }, error);
}

/** The time between losing a server and finding it again. */
class Outage {
  private since: number | null = null;
  private attempts = 0;

  constructor(private readonly options: StreamOptions) {}

  end(): void {
    if (this.since !== null) this.options.onConnection('back');
    this.since = null;
    this.attempts = 0;
  }

  async wait({ server }: Api): Promise<void> {
    if (this.since === null) this.options.onConnection('lost');
    this.since ??= Date.now();
    const { patienceMs = defaultPatienceMs, signal } = this.options;
    if (Date.now() - this.since > patienceMs)
      throw new ServerUnreachable(
        `${server.url} has not answered for ${Math.round(patienceMs / 1000)} s. What was begun goes on when it is back: start it with \`${calledAs} up\`.`,
        { url: server.url },
      );
    const pause = Math.min(longestPauseMs, 200 * 2 ** this.attempts++);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
