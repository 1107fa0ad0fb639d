import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamAgents } from './call-upstream.js';
import type { ClientReply } from './client-reply.js';
import type { AddressedCall, GatewayDialect } from './dialects/dialect.js';
import type { GatewayGrant, GatewayLimits, GatewayPorts, GatewayUpstream } from './gateway-ports.js';
import type { PreparedCall } from './prepare-call.js';
import type { WaitingRuns } from './waiting-runs.js';

/** What all calls of a gateway share. */
export interface GatewayContext {
  ports: GatewayPorts;
  limits: GatewayLimits;
  agents: UpstreamAgents;
  waitingRuns: WaitingRuns;
  /** Aborted when the gateway closes. */
  closing: AbortSignal;
}

/** A request that may be served, as far as its token and its model go. */
export interface OpenCall {
  context: GatewayContext;
  callId: string;
  grant: GatewayGrant;
  upstream: GatewayUpstream;
  dialect: GatewayDialect;
  call: AddressedCall;
  prepared: PreparedCall;
  headers: IncomingHttpHeaders;
  reply: ClientReply;
  /** Aborted when the client has gone or the gateway closes. */
  over: AbortSignal;
}
