import { Agent as PlainAgent, type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';

/** No answer came, or its end did not. */
export class UpstreamLost extends Error {
  override readonly name = 'UpstreamLost';

  constructor(
    /** `unreachable`: also an address or key that cannot be one. `given_up`: by us, for want of a client. */
    readonly why: 'unreachable' | 'silent' | 'broken' | 'given_up',
    /** The provider had the whole request, so it may have answered and billed it. */
    readonly billed: boolean,
  ) {
    super(`the provider is ${why}`);
  }
}

/** Connections to providers, kept open between calls. */
export interface UpstreamAgents {
  plain: PlainAgent;
  secure: SecureAgent;
}

/** Idle connections end before providers, and what stands between, end them at a moment of their own. */
const idle = { keepAlive: true, timeout: 30_000 } as const;

export function createUpstreamAgents(): UpstreamAgents {
  return { plain: new PlainAgent(idle), secure: new SecureAgent(idle) };
}

export interface UpstreamCall {
  agents: UpstreamAgents;
  address: string;
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
  /** The longest wait for the first byte. */
  silenceMs: number;
}

/**
 * Posts a call. Never tried again here: it may have happened.
 * @throws UpstreamLost
 */
export async function callUpstream(call: UpstreamCall): Promise<IncomingMessage> {
  const request = openRequest(call);
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => request.destroy(new UpstreamLost('silent', true)), call.silenceMs);
    request.once('response', (response) => {
      clearTimeout(silence);
      resolve(response);
    });
    request.on('error', (error) => {
      clearTimeout(silence);
      const why = call.signal.aborted ? 'given_up' : 'unreachable';
      reject(error instanceof UpstreamLost ? error : new UpstreamLost(why, request.writableFinished));
    });
    request.end(call.body);
  });
}

function openRequest(call: UpstreamCall): ClientRequest {
  const url = URL.parse(call.address);
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new UpstreamLost('unreachable', false);
  const { agents, body, signal } = call;
  const headers = { ...call.headers, 'accept-encoding': 'identity', 'content-length': String(Buffer.byteLength(body)) };
  const options = { method: 'POST', headers, signal };
  try {
    return url.protocol === 'https:'
      ? requestSecure(url, { ...options, agent: agents.secure })
      : requestPlain(url, { ...options, agent: agents.plain });
  } catch {
    // A key or header that cannot be sent; the error would print it.
    throw new UpstreamLost('unreachable', false);
  }
}

/**
 * The bytes of an answer as they come. The silence of a provider is counted only while it is listened to: not while a
 * slow client keeps us from it.
 * @throws UpstreamLost
 */
export async function* piecesOf(answer: IncomingMessage, silenceMs: number): AsyncGenerator<Buffer> {
  const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const piece = await listen(answer, pieces, silenceMs);
    if (piece.done) return;
    yield piece.value;
  }
}

async function listen(
  answer: IncomingMessage,
  pieces: AsyncIterator<Buffer>,
  silenceMs: number,
): Promise<IteratorResult<Buffer>> {
  const silence = setTimeout(() => answer.destroy(new UpstreamLost('silent', true)), silenceMs);
  try {
    return await pieces.next();
  } catch (error) {
    throw error instanceof UpstreamLost ? error : new UpstreamLost('broken', true);
  } finally {
    clearTimeout(silence);
  }
}
