import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { readRetryAfter } from '../models/retry-after.js';
import { tapAnswer } from './answer-tap.js';
import type { CallOutcome } from './book-call.js';
import { callUpstream, piecesOf, UpstreamLost } from './call-upstream.js';
import type { AnswerReader } from './dialects/dialect.js';
import type { GatewayRefusal } from './gateway-ports.js';
import { KeyScrubber } from './key-scrubber.js';
import { readError, whyMissed, whyUnsuited } from './missed-answer.js';
import type { OpenCall } from './open-call.js';
import { headersDownwards, headersUpwards } from './passed-headers.js';

/**
 * Sends a call to its provider and hands the answer on as it comes. Never throws: how it ended is what it returns.
 * @param mayMiss where there is no answer, the client is not told: another model may have one
 * @param standsIn for the model that the client has asked
 */
export async function forwardCall(open: OpenCall, { mayMiss = false, standsIn = false } = {}): Promise<CallOutcome> {
  const startedAt = performance.now();
  const reader = open.dialect.createReader();
  const begun: CallOutcome = { startedAt, billed: false, reader, status: null, requestId: null };
  if (open.over.aborted) return begun;
  let answer: IncomingMessage;
  try {
    answer = await post(open);
  } catch (error) {
    return { ...begun, ...notAnswered(open, error, mayMiss) };
  }
  tellSign(open, answer);
  const status = answer.statusCode ?? 502;
  const told = { ...begun, status, requestId: requestIdOf(answer.headers), billed: status >= 200 && status < 300 };
  if (mayMiss && !told.billed) return { ...told, ...(await weighError(open, answer, standsIn)) };
  await pass(open, answer, reader);
  return told;
}

type Ending = Pick<CallOutcome, 'missed'>;

function notAnswered(open: OpenCall, error: unknown, mayMiss: boolean): Ending & { billed: boolean } {
  const lost = error instanceof UpstreamLost ? error : new UpstreamLost('unreachable', false);
  const { billed } = lost;
  if (lost !== error) open.context.ports.onFailure?.('request', error);
  if (lost.why !== 'given_up') tellSign(open, null);
  const say = (): void => open.reply.refuse(open.dialect, refusalFor(open, lost));
  if (mayMiss && lost.why !== 'given_up') return { billed, missed: { reason: 'no answer', refused: false, say } };
  say();
  return { billed };
}

/** Keeps an error back where another model may answer in its place; any other is the client's. */
async function weighError(open: OpenCall, answer: IncomingMessage, standsIn: boolean): Promise<Ending> {
  const { reply, dialect, upstream, context } = open;
  const error = await readError(answer, context.limits.silenceMs);
  answer.destroy();
  const status = answer.statusCode ?? 502;
  const why = whyMissed(status, error) ?? (standsIn ? whyUnsuited(status) : null);
  const refusal = obstacleIn(answer);
  const say = (): void => {
    if (refusal) return reply.refuse(dialect, refusal);
    const headers = Object.entries(headersDownwards(answer.headers, upstream.apiKey));
    // What is missing of it is missing for the client, too.
    const sized = headers.filter(([name]) => name !== 'content-length');
    reply.open(status, Object.fromEntries(sized));
    const scrubber = new KeyScrubber(upstream.apiKey);
    reply.end(Buffer.concat([scrubber.take(error), scrubber.rest()]));
  };
  if (why && !open.over.aborted) return { missed: { ...why, say } };
  say();
  return {};
}

function post({ context, upstream, dialect, prepared, headers, over }: OpenCall): Promise<IncomingMessage> {
  return callUpstream({
    agents: context.agents,
    address: upstream.baseUrl.replace(/\/+$/, '') + prepared.path,
    headers: { ...headersUpwards(headers), 'content-type': 'application/json', ...dialect.keyHeaders(upstream.apiKey) },
    body: prepared.body,
    signal: over,
    silenceMs: context.limits.silenceMs,
  });
}

/** Hands an answer on. A client that is gone ends the call; a provider that breaks off breaks off its client, too. */
async function pass(open: OpenCall, answer: IncomingMessage, reader: AnswerReader): Promise<void> {
  const { reply, dialect } = open;
  const isStream = isEventStream(answer);
  try {
    const refusal = obstacleIn(answer);
    if (refusal) reply.refuse(dialect, refusal);
    else await pump(open, answer, reader);
  } catch (error) {
    const saysWhy = isStream && error instanceof UpstreamLost && error.why === 'silent';
    if (saysWhy) reply.refuse(dialect, refusalFor(open, error));
    else reply.cut();
  } finally {
    answer.destroy();
  }
}

function isEventStream({ headers }: IncomingMessage): boolean {
  return (headers['content-type'] ?? '').startsWith('text/event-stream');
}

/** Each piece goes on before it is read here, and none is taken before the client has room. */
async function pump(open: OpenCall, answer: IncomingMessage, reader: AnswerReader): Promise<void> {
  const { reply, upstream, context } = open;
  reply.open(answer.statusCode ?? 502, headersDownwards(answer.headers, upstream.apiKey));
  const tap = tapAnswer(reader, isEventStream(answer) ? 'events' : 'whole');
  const scrubber = new KeyScrubber(upstream.apiKey);
  for await (const piece of piecesOf(answer, context.limits.silenceMs)) {
    const room = reply.write(scrubber.take(piece));
    tap.add(piece);
    if (room) await room;
  }
  tap.end();
  reply.end(scrubber.rest());
}

/** What of an answer cannot be passed on. */
function obstacleIn(answer: IncomingMessage): GatewayRefusal | null {
  const status = answer.statusCode ?? 502;
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (status >= 300 && status < 400) {
    return { status: 502, message: "The provider's address leads elsewhere. Set the one where it ends as base URL." };
  }
  if (encoding === 'identity') return null;
  return { status: 502, message: `The provider answers as ${encoding}, though it was asked for plain text.` };
}

function refusalFor({ context, upstream }: OpenCall, error: UpstreamLost): GatewayRefusal {
  if (error.why !== 'silent') return { status: 502, message: `The provider of "${upstream.model}" cannot be reached.` };
  const seconds = Math.round(context.limits.silenceMs / 1000);
  return { status: 504, message: `Nothing came from the provider of "${upstream.model}" for ${seconds} s.` };
}

function tellSign({ context, grant, dialect, call }: OpenCall, answer: IncomingMessage | null): void {
  const sign = { protocol: dialect.protocol, model: call.model, status: answer?.statusCode ?? null };
  const retryAfterMs = answer ? retryAfterOf(answer.headers) : undefined;
  context.ports.onUpstream?.(grant, retryAfterMs === undefined ? sign : { ...sign, retryAfterMs });
}

function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const named = ['retry-after', 'retry-after-ms'].flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  return readRetryAfter(new Headers(named), new Date());
}

function requestIdOf(headers: IncomingHttpHeaders): string | null {
  const found = headers['request-id'] ?? headers['x-request-id'];
  return typeof found === 'string' ? found : null;
}
