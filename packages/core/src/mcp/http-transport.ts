import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { McpHttpServer } from '@fermata/contracts';
import { flooded, maxAnswerBytes, type ServerTransport } from './server-transport.js';

/**
 * A server on the network. It is sent the headers of its own configuration and nothing of ours; where it redirects to is not
 * gone to, so that only the host that was judged is asked.
 */
export function httpTransport({ url, headers }: McpHttpServer): ServerTransport {
  let broken: string | null = null;
  const onFlood = (): void => void (broken = flooded);
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers, redirect: 'manual' },
    fetch: async (asked, init) => {
      broken = null;
      return bounded(await fetch(asked, init), onFlood);
    },
  });
  // The SDK's declaration does not allow for `exactOptionalPropertyTypes`.
  return Object.assign(transport as unknown as ServerTransport, { failure: () => broken });
}

function bounded(response: Response, onFlood: () => void): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= maxAnswerBytes) return controller.enqueue(chunk);
      onFlood();
      controller.error(new Error(flooded));
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counting), { status, statusText, headers });
}
