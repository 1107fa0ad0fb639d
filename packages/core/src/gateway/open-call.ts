import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '@fermata/contracts';
import type { UpstreamAgents } from './call-upstream.js';
import type { ClientReply } from './client-reply.js';
import type { AddressedCall, GatewayDialect, ThoughtOrigins } from './dialects/dialect.js';
import type {
  GatewayChoice,
  GatewayGrant,
  GatewayHold,
  GatewayLimits,
  GatewayPorts,
  GatewayRefusal,
  GatewayUpstream,
} from './gateway-ports.js';
import type { KnownGrants } from './known-grants.js';
import { type PreparedCall, prepareCall } from './prepare-call.js';
import type { ThoughtAuthors } from './thought-authors.js';
import type { WaitingRuns } from './waiting-runs.js';

/** What all calls of a gateway share. */
export interface GatewayContext {
  ports: GatewayPorts;
  limits: GatewayLimits;
  agents: UpstreamAgents;
  waitingRuns: WaitingRuns;
  grants: KnownGrants;
  thoughts: ThoughtAuthors;
  /** Aborted when the gateway closes. */
  closing: AbortSignal;
}

/** A request that may be served, as far as its token and its words go. */
export interface AskedCall {
  context: GatewayContext;
  callId: string;
  grant: GatewayGrant;
  dialect: GatewayDialect;
  /** As the client addressed it. */
  call: AddressedCall;
  body: JsonObject;
  headers: IncomingHttpHeaders;
  reply: ClientReply;
  /** Aborted when the client has gone or the gateway closes. */
  over: AbortSignal;
}

/** A request that may go to one model. */
export interface OpenCall extends Omit<AskedCall, 'body'> {
  upstream: GatewayUpstream;
  prepared: PreparedCall;
  choice?: GatewayChoice;
  insteadOf?: string;
}

/** Where a call goes when not to the model that it names, in words of its own. */
export interface CallTarget {
  callId: string;
  model: string;
  origins: ThoughtOrigins;
}

export const notNow: GatewayRefusal = {
  status: 503,
  message: 'The gateway cannot reach its records now. Try again.',
};

/** The request as it goes to its model, or to that of `target`; or why it cannot go there. */
export async function openCall(asked: AskedCall, target?: CallTarget): Promise<OpenCall | GatewayRefusal> {
  const { body, ...rest } = asked;
  const { context, grant, dialect, call } = asked;
  const model = target?.model ?? call.model;
  const upstream = await findUpstream(context, grant, { protocol: dialect.protocol, model });
  if ('status' in upstream) return upstream;
  const suiting = target && { origins: target.origins, isStandIn: model !== call.model };
  const prepared = prepareCall({ dialect, call, grant, upstream, body, ...(suiting && { suiting }) });
  if ('status' in prepared) return prepared;
  return { ...rest, callId: target?.callId ?? rest.callId, call: { ...call, model }, upstream, prepared };
}

async function findUpstream(
  { ports }: GatewayContext,
  ...wanted: Parameters<GatewayPorts['upstreamFor']>
): Promise<GatewayUpstream | GatewayRefusal> {
  try {
    return await ports.upstreamFor(...wanted);
  } catch (error) {
    ports.onFailure?.('upstream', error);
    return notNow;
  }
}

/** Asks for the money of a call, once. */
export function beginCall(open: OpenCall): Promise<GatewayHold> {
  const { context, grant, callId, dialect, call, prepared, choice, insteadOf } = open;
  const { protocol } = dialect;
  const { worstCaseMicros, likelyInputTokens } = prepared;
  const start = { callId, protocol, model: call.model, worstCaseMicros, likelyInputTokens };
  const chosen = { ...(choice && { choice }), ...(insteadOf !== undefined && { insteadOf }) };
  return context.ports.ledger.begin(grant, { ...start, ...chosen });
}
