import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError } from '@fermata/contracts';
import { createUpstreamAgents } from './call-upstream.js';
import type { GatewayLimits, GatewayPorts } from './gateway-ports.js';
import { KnownGrants } from './known-grants.js';
import type { GatewayContext } from './open-call.js';
import { serveRequest } from './serve-request.js';
import { ThoughtAuthors } from './thought-authors.js';
import { WaitingRuns } from './waiting-runs.js';

/** Node's own clients wait 300 s for a first byte, the vendors' 600 s: a hold ends before. */
export const defaultGatewayLimits: GatewayLimits = {
  bodyBytes: 64 * 1024 * 1024,
  silenceMs: 240_000,
  holdMs: 240_000,
  askAgainMs: 2_000,
  bookAgainMs: 1_000,
};

export interface GatewayOptions {
  ports: GatewayPorts;
  /** Default `127.0.0.1`. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  /** What agents are given as base URL, with `/v1` for OpenAI's clients. */
  url: string;
  port: number;
  /** Breaks off what is under way, books it, and stops listening. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts the gateway: model calls of agents that hold no key come in with the token of their run, and go out with the key,
 * their money held before and booked after.
 * @throws DomainError `port_taken`, `unavailable`
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { ports, host = '127.0.0.1', port = 0 } = options;
  const closing = new AbortController();
  const agents = createUpstreamAgents();
  const limits = { ...defaultGatewayLimits, ...options.limits };
  const waitingRuns = new WaitingRuns(ports);
  const context: GatewayContext = {
    ...{ ports, limits, agents, waitingRuns, grants: new KnownGrants(ports), thoughts: new ThoughtAuthors() },
    closing: closing.signal,
  };
  const underWay = new Set<Promise<void>>();
  const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    const served = serveRequest(context, request, response).finally(() => underWay.delete(served));
    underWay.add(served);
  });
  const bound = await listen(server, host, port);
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    close: async () => {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.allSettled(underWay);
      await closed;
      agents.plain.destroy();
      agents.secure.destroy();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'port_taken' : 'unavailable';
      const message = `The model gateway cannot listen on ${host}:${port} (${cause.code}). Give a free port, or 0 for any.`;
      reject(new DomainError(code, message, { host, port }, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
