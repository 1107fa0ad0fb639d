import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, execute, graphql, type GraphQLError, parse, subscribe } from 'graphql';
import { handleProtocols } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

/** The committed schema: what does not fit it is refused here as it is by the API. */
const schema = buildSchema(readFileSync(new URL('../../../api/schema.graphql', import.meta.url), 'utf8'));

export const validToken = 'fermata-test-token';

export interface Asked {
  query: string;
  variables: Record<string, unknown>;
}

export interface FakeApi {
  url: string;
  /** Every request that arrived, answered or not. */
  asked: Asked[];
  /** The variables of every subscription. */
  subscriptions: Record<string, unknown>[];
  /** Breaks the connections of the next requests for an operation, after they have arrived. */
  breakNext(requests: number, operation: string): void;
  /** Breaks every open subscription. */
  dropSubscribers(): void;
  close(): Promise<void>;
}

type Resolvers = Record<string, (args: never) => unknown>;

interface Subscriptions {
  events(args: { after?: string | null; okrRunId?: string | null }): AsyncIterable<{ events: unknown }>;
}

/** A GraphQL server on loopback that serves the committed schema from plain functions. */
export async function startFakeApi(resolvers: Resolvers, subscriptions?: Subscriptions): Promise<FakeApi> {
  const asked: Asked[] = [];
  const subscribed: Record<string, unknown>[] = [];
  let toBreak = { requests: 0, operation: '' };
  const server = createServer((request, response) => {
    void answer(request, response, {
      resolvers,
      took: (each) => {
        asked.push(each);
        return each.query.includes(toBreak.operation) && toBreak.requests-- > 0;
      },
    });
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols });
  const served = useServer(
    {
      schema,
      execute,
      subscribe,
      onConnect: ({ connectionParams, extra }) => {
        if (connectionParams?.['authorization'] === `Bearer ${validToken}`) return true;
        extra.socket.close(4401, 'unauthenticated');
        return false;
      },
      onSubscribe: (_context, _id, { query, variables }) => {
        subscribed.push(variables ?? {});
        return {
          schema,
          document: parse(query),
          variableValues: variables ?? {},
          rootValue: { events: () => subscriptions?.events((variables ?? {})) },
        };
      },
    },
    sockets,
  );
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (open) => sockets.emit('connection', open, request)),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    subscriptions: subscribed,
    breakNext: (requests, operation) => void (toBreak = { requests, operation }),
    dropSubscribers: () => sockets.clients.forEach((client) => client.terminate()),
    async close() {
      sockets.clients.forEach((client) => client.terminate());
      await served.dispose();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

interface Taking {
  resolvers: Resolvers;
  /** Keeps a request; true when its connection is to break. */
  took: (asked: Asked) => boolean;
}

async function answer(request: IncomingMessage, response: ServerResponse, { resolvers, took }: Taking): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
  if (took({ query, variables })) return void request.socket.destroy();
  response.setHeader('content-type', 'application/json');
  if (request.headers.authorization !== `Bearer ${validToken}`) {
    response.statusCode = 401;
    response.end(JSON.stringify({ errors: [{ message: 'no', extensions: { code: 'unauthenticated' } }] }));
    return;
  }
  const result = await graphql({ schema, source: query, rootValue: resolvers, variableValues: variables });
  const errors = result.errors?.map((error) => ({ message: error.message, extensions: codeOf(error) }));
  response.end(JSON.stringify({ data: result.data, ...(errors && { errors }) }));
}

/** Resolvers throw DomainErrors, as those of the API do. */
function codeOf({ originalError, extensions }: GraphQLError): object {
  const { code, details } = (originalError ?? {}) as { code?: string; details?: object };
  return code === undefined ? { ...extensions, code: 'invalid_input' } : { code, details };
}
