import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@fermata/contracts';
import { answerPaid, planOfOne } from './answer-call.js';
import { CallRoute } from './call-route.js';
import { ClientReply } from './client-reply.js';
import type { AddressedCall } from './dialects/dialect.js';
import { textAt } from './dialects/json-members.js';
import { forwardCall } from './forward-call.js';
import type { GatewayGrant, GatewayRefusal } from './gateway-ports.js';
import { hashGatewayToken } from './gateway-token.js';
import type { Incoming } from './incoming.js';
import { listModels } from './list-models.js';
import { type AskedCall, type GatewayContext, notNow, openCall, type OpenCall } from './open-call.js';
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
  if (route.kind === 'answer') return serveCall(incoming, route);
  const grant = await findGrant(incoming);
  if ('status' in grant) return grant;
  if (route.kind === 'tools') return serveTools(incoming, grant);
  if (route.kind === 'models') {
    incoming.reply.json(listModels(grant.models));
    return null;
  }
  return readAndAnswer(incoming, route, grant);
}

/** Whose token it is, is remembered. Why a call is not served is told only to who still holds one. */
async function serveCall(incoming: Incoming, route: CallingRoute): Promise<GatewayRefusal | null> {
  const grant = await findGrant(incoming, 'remembered');
  if ('status' in grant) return grant;
  const refusal = await readAndAnswer(incoming, route, grant);
  if (refusal === null) return null;
  const holder = await findGrant(incoming);
  return 'status' in holder ? holder : refusal;
}

type CallingRoute = Exclude<Route, { kind: 'models' | 'tools' }>;

async function readAndAnswer(
  incoming: Incoming,
  route: CallingRoute,
  grant: GatewayGrant,
): Promise<GatewayRefusal | null> {
  const read = await readRequestBody(incoming.request, incoming.context.limits.bodyBytes);
  if ('status' in read) return read;
  const asked = readCall(incoming, { route, grant, body: read.body });
  if ('status' in asked) return asked;
  return grant.routing ? answerRouted(asked, new CallRoute(asked, grant.routing)) : answer(asked);
}

async function answer(asked: AskedCall): Promise<GatewayRefusal | null> {
  const open = await openCall(asked);
  if ('status' in open) return open;
  return asked.call.kind === 'count' ? answerFreely(open) : answerPaid(planOfOne(asked, open));
}

/** What only counts goes to the model that the next answer would come from. */
async function answerRouted(asked: AskedCall, route: CallRoute): Promise<GatewayRefusal | null> {
  if (asked.call.kind !== 'count') return answerPaid(route);
  const open = await route.choose();
  return 'status' in open ? open : answerFreely(open);
}

async function findGrant(
  { context, request, url }: Incoming,
  as: 'now' | 'remembered' = 'now',
): Promise<GatewayGrant | GatewayRefusal> {
  const token = readToken(request.headers, url.searchParams);
  if (token === null) return { status: 401, message: 'There is no token. Send the one of the agent run as API key.' };
  try {
    const grant = await context.grants[as](hashGatewayToken(token));
    return grant ?? { status: 401, message: 'This is not the token of an agent run under way.' };
  } catch (error) {
    context.ports.onFailure?.('grant', error);
    return notNow;
  }
}

interface Wanted {
  route: CallingRoute;
  grant: GatewayGrant;
  body: JsonObject;
}

function readCall(incoming: Incoming, wanted: Wanted): AskedCall | GatewayRefusal {
  const { context, request, reply, callId, url } = incoming;
  const { route, grant, body } = wanted;
  const { dialect } = route;
  const model = route.model ?? textAt(body, 'model');
  if (!model) return { status: 400, message: 'The request names no model.' };
  const stream = route.stream ?? body['stream'] === true;
  if (route.stream && url.searchParams.get('alt') !== 'sse') {
    return { status: 400, message: 'Streams are sent as server-sent events only. Add ?alt=sse to the address.' };
  }
  if (!grant.models.includes(model)) {
    const message = `The model "${model}" is not among those of this run: ${grant.models.join(', ') || 'none'}.`;
    return { status: 403, message };
  }
  const call: AddressedCall = { kind: route.kind, model, stream, query: url.searchParams };
  const over = AbortSignal.any([reply.gone, context.closing]);
  return { context, callId, grant, dialect, call, body, headers: request.headers, reply, over };
}

async function answerFreely(open: OpenCall): Promise<null> {
  await forwardCall(open);
  return null;
}
