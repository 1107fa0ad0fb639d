import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@fermata/contracts';
import type { Conversation } from '../conversations/conversation.js';
import type { LoggedRequest } from '../log/logged-request.js';
import { redactHeaders } from '../log/redact-headers.js';
import type { RequestLog } from '../log/request-log.js';
import type { WireProtocol } from '../protocols/protocol.js';
import { protocolOfClient, protocols } from '../protocols/protocols.js';
import type { ScriptPlayer } from '../scripts/script-player.js';
import { hasCredentials } from './credentials.js';
import { countTokens, decide, type Decision } from './decide.js';
import { listModels } from './list-models.js';
import { readText } from './read-text.js';
import type { Reply } from './reply.js';
import { sendReply } from './send-reply.js';

/** What requests are answered from. */
export interface Serving {
  player: ScriptPlayer;
  log: RequestLog;
  models: readonly string[];
  keepBodies: boolean;
  /** What `GET /__report` tells, for those who run the server as a process of its own. */
  report(): JsonObject;
  /** Aborted when the server closes. */
  closing: AbortSignal;
}

interface Incoming {
  request: IncomingMessage;
  id: string;
  url: URL;
  text: string;
}

/** Reads one request, decides the reply, logs it, sends it, and logs how that ended. */
export async function handleRequest(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://scripted');
  const id = `req_${randomUUID().replaceAll('-', '')}`;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const sending = { response, requestId: id, gone: AbortSignal.any([gone.signal, serving.closing]) };
  if (url.pathname === '/__report') {
    await sendReply(sending, { kind: 'json', body: serving.report() });
    return;
  }
  const incoming = { request, id, url, text: await readText(request) };
  const protocol = protocols.find((known) => isAddressed(known, url.pathname)) ?? null;
  const decision = await decideReply(serving, incoming, protocol);
  const entry = describe(incoming, protocol, serving.keepBodies ? decision : { ...decision, body: null });
  serving.log.add(entry);
  response.setHeader('request-id', id).setHeader('x-request-id', id);
  const outcome = await sendReply(sending, decision.reply).catch(() => 'abandoned' as const);
  serving.log.end(entry, outcome);
}

function isAddressed(protocol: WireProtocol, path: string): boolean {
  return protocol.accepts(path) || (protocol.counting?.accepts(path) ?? false);
}

async function decideReply(serving: Serving, incoming: Incoming, protocol: WireProtocol | null): Promise<Decision> {
  const { request, url, text } = incoming;
  const shape = protocol ?? protocolOfClient(request.headers);
  if (!hasCredentials(request.headers, url.searchParams)) {
    return refuse(shape, 401, 'No API key was given. Any key will do, but there must be one.');
  }
  if (['GET', 'HEAD'].includes(request.method ?? '') && url.pathname === '/v1/models') {
    return { reply: { kind: 'json', body: listModels(serving.models) } };
  }
  if (!protocol) return refuse(shape, 404, `There is nothing at ${request.method} ${url.pathname}.`);
  if (request.method !== 'POST') return refuse(shape, 405, `${url.pathname} takes POST only.`);
  const { counting } = protocol;
  if (counting?.accepts(url.pathname)) return countTokens({ protocol, counting }, { path: url.pathname, text });
  return decide(protocol, { path: url.pathname, query: url.searchParams, text }, serving.player);
}

function refuse(protocol: WireProtocol, status: number, message: string): Decision {
  return { reply: { kind: 'error', protocol, error: { status, message } } };
}

function describe({ request, id, url }: Incoming, protocol: WireProtocol | null, decision: Decision): LoggedRequest {
  const { reply, body = null, stream = false, rule = null, failure = null } = decision;
  return {
    id,
    at: new Date().toISOString(),
    method: request.method ?? '',
    path: url.pathname,
    protocol: protocol?.name ?? null,
    rule,
    stream,
    ...describeConversation(decision.conversation),
    headers: redactHeaders(request.headers),
    status: statusOf(reply),
    body,
    outcome: null,
    failure,
  };
}

function describeConversation(conversation: Conversation | undefined) {
  if (!conversation) {
    const nothing = { model: null, systemDigest: null, conversationDigest: null };
    return { ...nothing, messages: 0, assistantTurns: 0, toolResults: 0 };
  }
  const { model, messages, assistantTurns, toolResults, systemDigest, digest } = conversation;
  const counts = { messages: messages.length, assistantTurns, toolResults };
  return { model, ...counts, systemDigest, conversationDigest: digest };
}

function statusOf(reply: Reply): number | null {
  if (reply.kind === 'hang') return null;
  if (reply.kind === 'error') return reply.error.status;
  return reply.kind === 'failure' ? reply.failure.status : 200;
}
