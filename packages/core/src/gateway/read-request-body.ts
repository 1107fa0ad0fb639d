import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '@fermata/contracts';
import { isObject } from './dialects/json-members.js';
import type { GatewayRefusal } from './gateway-ports.js';

/** The JSON object that a client posts, or why it cannot be read. */
export async function readRequestBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<{ body: JsonObject } | GatewayRefusal> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    return { status: 415, message: `The request is encoded as ${encoding}. Send it as plain JSON.` };
  }
  const read = await readRequestText(request, maxBytes);
  return typeof read === 'string' ? parse(read) : read;
}

/** The text that a client posts, or why it cannot be read. */
export async function readRequestText(request: IncomingMessage, maxBytes: number): Promise<string | GatewayRefusal> {
  const tooLarge = { status: 413, message: `The request is larger than the ${maxBytes} bytes that are taken.` };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maxBytes) return tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parse(text: string): { body: JsonObject } | GatewayRefusal {
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return { body };
  } catch {
    // Said below, like any other text that is no object.
  }
  return { status: 400, message: 'The request is not a JSON object.' };
}
