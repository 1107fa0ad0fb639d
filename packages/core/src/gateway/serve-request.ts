import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@fermata/contracts';
import { bookCall, reckonCall } from './book-call.js';
import { ClientReply } from './client-reply.js';
import type { AddressedCall, GatewayDialect } from './dialects/dialect.js';
import { textAt } from './dialects/json-members.js';
import { forwardCall } from './forward-call.js';
import type { GatewayGrant, GatewayRefusal, GatewayUpstream } from './gateway-ports.js';
import { hashGatewayToken } from './gateway-token.js';
import { holdMoney } from './hold-money.js';
import type { Incoming } from './incoming.js';
import { listModels } from './list-models.js';
import type { GatewayContext, OpenCall } from './open-call.js';
import { prepareCall } from './prepare-call.js';
import { readRequestBody } from './read-request-body.js';
import { readToken } from './read-token.js';
import { serveTools } from './serve-tools.js';
import { dialectOfClient, type Route, routeOf } from './routes.js';

/** Serves one request from its first byte to its last; when it resolves, what it cost is booked. */
export async function serveRequest(
  context: GatewayContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const callId = randomUUID();
  const reply = new ClientReply(response, callId);
  const url = addressOf(request);
  const target = { method: request.method ?? '', path: url.pathname, headers: request.headers };
  const route = routeOf(target);
  const dialect = route?.dialect ?? dialectOfClient(target);
  try {
    const refusal = route
      ? await serveRoute({ context, request, reply, callId, url }, route)
      : { status: 404, message: `There is nothing at ${target.method} ${target.path}.` };
    if (refusal) reply.refuse(dialect, refusal);
  } catch (error) {
    if (reply.gone.aborted) return;
    context.ports.onFailure?.('request', error);
    reply.refuse(dialect, { status: 500, message: 'The request failed within the gateway.' });
  }
}

/** What is no address leads to nothing. */
function addressOf({ url = '/' }: IncomingMessage): URL {
  return URL.parse(url.replace(/^\/+/, '/'), 'http://gateway') ?? new URL('http://gateway');
}

async function serveRoute(incoming: Incoming, route: Route): Promise<GatewayRefusal | null> {
  const grant = await findGrant(incoming);
  if ('status' in grant) return grant;
  if (route.kind === 'tools') return serveTools(incoming, grant);
  if (route.kind === 'models') {
    incoming.reply.json(listModels(grant.models));
    return null;
  }
  const read = await readRequestBody(incoming.request, incoming.context.limits.bodyBytes);
  if ('status' in read) return read;
  const open = await openCall(incoming, { route, grant, body: read.body });
  if ('status' in open) return open;
  return open.call.kind === 'count' ? answerFreely(open) : answerPaid(open);
}

async function findGrant({ context, request, url }: Incoming): Promise<GatewayGrant | GatewayRefusal> {
  const token = readToken(request.headers, url.searchParams);
  if (token === null) return { status: 401, message: 'There is no token. Send the one of the agent run as API key.' };
  try {
    const grant = await context.ports.grantOf(hashGatewayToken(token));
    return grant ?? { status: 401, message: 'This is not the token of an agent run under way.' };
  } catch (error) {
    context.ports.onFailure?.('grant', error);
    return notNow;
  }
}

const notNow: GatewayRefusal = { status: 503, message: 'The gateway cannot reach its records now. Try again.' };

interface Wanted {
  route: Exclude<Route, { kind: 'models' | 'tools' }>;
  grant: GatewayGrant;
  body: JsonObject;
}

async function openCall(incoming: Incoming, wanted: Wanted): Promise<OpenCall | GatewayRefusal> {
  const { context, request, reply, callId, url } = incoming;
  const { route, grant, body } = wanted;
  const { dialect } = route;
  const model = route.model ?? textAt(body, 'model');
  if (!model) return { status: 400, message: 'The request names no model.' };
  const stream = route.stream ?? body['stream'] === true;
  if (route.stream && url.searchParams.get('alt') !== 'sse') {
    return { status: 400, message: 'Streams are sent as server-sent events only. Add ?alt=sse to the address.' };
  }
  const upstream = await findUpstream(context, { dialect, grant, model });
  if ('status' in upstream) return upstream;
  const call: AddressedCall = { kind: route.kind, model, stream, query: url.searchParams };
  const prepared = prepareCall({ dialect, call, grant, upstream, body });
  if ('status' in prepared) return prepared;
  const over = AbortSignal.any([reply.gone, context.closing]);
  return { context, callId, grant, upstream, dialect, call, prepared, headers: request.headers, reply, over };
}

async function findUpstream(
  { ports }: GatewayContext,
  { dialect, grant, model }: { dialect: GatewayDialect; grant: GatewayGrant; model: string },
): Promise<GatewayUpstream | GatewayRefusal> {
  if (!grant.models.includes(model)) {
    const message = `The model "${model}" is not among those of this run: ${grant.models.join(', ') || 'none'}.`;
    return { status: 403, message };
  }
  try {
    return await ports.upstreamFor(grant, { protocol: dialect.protocol, model });
  } catch (error) {
    ports.onFailure?.('upstream', error);
    return notNow;
  }
}

async function answerFreely(open: OpenCall): Promise<null> {
  await forwardCall(open);
  return null;
}

/** Money is held, the provider asked, and what it cost booked, whatever became of it. */
async function answerPaid(open: OpenCall): Promise<GatewayRefusal | null> {
  let refusal: GatewayRefusal | null;
  try {
    refusal = await holdMoney(open);
  } catch (error) {
    open.context.ports.onFailure?.('begin', error);
    open.reply.refuse(open.dialect, notNow);
    await bookCall(open, notCalled(open));
    return null;
  }
  if (refusal) {
    if (open.call.stream && refusal.status === 429 && open.dialect.asksAgainAfter === 'event') open.reply.openStream();
    return refusal;
  }
  await bookCall(open, reckonCall(open, await forwardCall(open)));
  return null;
}

/** Whether its money was held nobody knows: what was is free again. */
function notCalled(open: OpenCall) {
  const reader = open.dialect.createReader();
  return reckonCall(open, { startedAt: performance.now(), billed: false, reader, status: null, requestId: null });
}
