import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamShape } from '../answers/answer.js';
import type { Outcome } from '../log/logged-request.js';
import type { Frame } from '../protocols/protocol.js';
import { finish, hang } from './finish.js';
import type { AnswerReply } from './reply.js';
import type { Sending } from './sending.js';

/** Sends an answer as server-sent events. */
export async function sendStream(sending: Sending, reply: AnswerReply): Promise<Outcome> {
  const { protocol, wire, shape } = reply;
  const { response, gone } = sending;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  let chunks = 0;
  for (const frame of protocol.streamAnswer(wire)) {
    const breaks = breakBefore(frame, chunks, shape);
    if (breaks) return breakOff(sending, breaks, reply);
    if (frame.part === 'chunk') {
      if (shape.chunkDelayMs) await sleep(shape.chunkDelayMs, undefined, { signal: gone });
      chunks += 1;
    }
    await write(response, frame);
  }
  return finish(response);
}

type Break = 'cut' | 'end' | 'stall' | 'error';

/**
 * What breaks the stream off before this frame. An answer with fewer chunks than a break wants is broken off before its
 * end, so that a script never says "cut" and gets a whole answer.
 */
function breakBefore(frame: Frame, chunks: number, shape: StreamShape): Break | null {
  if (frame.part === undefined) return null;
  const points: [Break, number | undefined][] = [
    ['cut', shape.cutAfterChunks],
    ['end', shape.endAfterChunks],
    ['error', shape.errorAfterChunks],
    ['stall', shape.stallAfterChunks],
  ];
  const due = points.find(([, after]) => after !== undefined && (chunks >= after || frame.part === 'end'));
  return due?.[0] ?? null;
}

async function breakOff(sending: Sending, how: Break, { protocol }: AnswerReply): Promise<Outcome> {
  const { response, requestId } = sending;
  if (how === 'stall') return hang(sending);
  if (how === 'error') {
    await write(response, protocol.streamError({ status: 529, message: 'Overloaded', requestId }));
    await finish(response);
    return 'failed';
  }
  if (how === 'end') await finish(response);
  else response.destroy();
  return 'cut';
}

/** Resolves when the frame was taken by the network, so that a cut comes after it and not before. */
function write(response: ServerResponse, { event, data }: Frame): Promise<void> {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`, () => resolve());
  });
}
