import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever, type JsonObject } from '@fermata/contracts';
import type { HttpFailure } from '../answers/answer.js';
import type { Outcome } from '../log/logged-request.js';
import type { WireProtocol } from '../protocols/protocol.js';
import { finish, hang } from './finish.js';
import type { AnswerReply, Reply } from './reply.js';
import type { Sending } from './sending.js';
import { sendStream } from './send-stream.js';

/**
 * Sends a reply, with the pauses, cuts and silences that the script wants, and says how it ended.
 * @throws DOMException `AbortError` when the client goes during a pause
 */
export async function sendReply(sending: Sending, reply: Reply): Promise<Outcome> {
  switch (reply.kind) {
    case 'json':
      return sendJson(sending, 200, reply.body);
    case 'error': {
      const { protocol, error } = reply;
      await sendJson(sending, error.status, protocol.writeError({ ...error, requestId: sending.requestId }));
      return 'refused';
    }
    case 'failure':
      return sendFailure(sending, reply.protocol, reply.failure);
    case 'hang':
      return hang(sending);
    case 'answer':
      return sendAnswer(sending, reply);
    default:
      return assertNever(reply);
  }
}

async function sendAnswer(sending: Sending, reply: AnswerReply): Promise<Outcome> {
  const { protocol, wire, shape } = reply;
  if (reply.delayMs > 0) await sleep(reply.delayMs, undefined, { signal: sending.gone });
  if (reply.stream) return sendStream(sending, reply);
  const body = protocol.writeAnswer(wire);
  if (shape.cutAfterChunks !== undefined) return cutBody(sending, body);
  return sendJson(sending, 200, body);
}

async function sendFailure(sending: Sending, protocol: WireProtocol, failure: HttpFailure): Promise<Outcome> {
  const { response, requestId } = sending;
  const { status, retryAfter, html, delayMs } = failure;
  if (delayMs !== undefined) await sleep(delayMs, undefined, { signal: sending.gone });
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (html !== undefined) {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
    await finish(response, html);
    return 'failed';
  }
  const message = failure.message ?? `The script answers with status ${status}.`;
  await sendJson(sending, status, failure.body ?? protocol.writeError({ status, message, requestId }));
  return 'failed';
}

async function sendJson({ response }: Sending, status: number, body: unknown): Promise<Outcome> {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  return finish(response, text);
}

/** Half of a body whose length was promised, and then nothing. */
async function cutBody({ response }: Sending, body: JsonObject): Promise<Outcome> {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  await new Promise((resolve) => response.write(bytes.subarray(0, bytes.length / 2), resolve));
  response.destroy();
  return 'cut';
}
