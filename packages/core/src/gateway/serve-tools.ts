import { Readable } from 'node:stream';
import type { GatewayGrant, GatewayRefusal } from './gateway-ports.js';
import type { Incoming } from './incoming.js';
import { readRequestText } from './read-request-body.js';

/** Hands a request to what serves our own tools to the run, and its answer back as it comes. */
export async function serveTools(incoming: Incoming, grant: GatewayGrant): Promise<GatewayRefusal | null> {
  const { context, request, reply, url } = incoming;
  const tools = context.ports.toolsOf?.(grant) ?? null;
  if (tools === null) return { status: 404, message: 'This run has no tools here.' };
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const body = hasBody ? await readRequestText(request, context.limits.bodyBytes) : '';
  if (typeof body !== 'string') return body;
  const answer = await tools(
    new Request(url, {
      method: request.method ?? 'GET',
      headers: plainHeaders(incoming),
      signal: AbortSignal.any([reply.gone, context.closing]),
      ...(hasBody && { body }),
    }),
  );
  reply.open(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) reply.end(Buffer.alloc(0));
  else await pass(incoming, Readable.fromWeb(answer.body));
  return null;
}

async function pass({ reply, context }: Incoming, answer: Readable): Promise<void> {
  const over = AbortSignal.any([reply.gone, context.closing]);
  over.addEventListener('abort', () => answer.destroy(), { once: true });
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      const room = reply.write(Buffer.from(piece));
      if (room) await room;
    }
    reply.end(Buffer.alloc(0));
  } catch {
    reply.cut();
  }
}

function plainHeaders({ request: { headers } }: Incoming): Headers {
  const plain = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'authorization' ? [[name, value] as [string, string]] : [],
  );
  return new Headers(plain);
}
