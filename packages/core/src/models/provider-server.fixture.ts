import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject, ModelRequest } from '@fermata/contracts';

export interface ReceivedCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: JsonObject;
}

export interface ProviderServer {
  url: string;
  calls: ReceivedCall[];
  close(): Promise<void>;
}

/** A provider on a loopback port whose every answer is what `answer` writes. */
export async function startProvider(answer: (response: ServerResponse) => void): Promise<ProviderServer> {
  const calls: ReceivedCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      calls.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as JsonObject });
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Server-sent events as Anthropic and the Responses API send them: each with its name. */
export function namedEvents(events: readonly { type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** Server-sent events as Chat Completions sends them: bare data and a closing word. */
export function bareEvents(chunks: readonly object[], end = 'data: [DONE]\n\n'): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end;
}

export function sendStream(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_1', 'x-request-id': 'req_1' });
  response.end(text);
}

/** Sends `text` as the start of a stream and then leaves the connection open. */
export function sendAndHang(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
}

export function sendJson(response: ServerResponse, answer: { status: number; body: object; headers?: object }): void {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

export const sampleRequest: ModelRequest = {
  model: 'scripted',
  system: 'You are an engineer.',
  messages: [{ role: 'user', blocks: [{ type: 'text', text: 'Fermata task task_1: fix it' }] }],
  tools: [{ name: 'read_file', description: 'Reads a file.', inputSchema: { type: 'object', properties: {} } }],
  toolChoice: 'auto',
  maxOutputTokens: 1_000,
};

/** A conversation that holds every kind of block, of every provider. */
export const longRequest: ModelRequest = {
  ...sampleRequest,
  messages: [
    { role: 'user', blocks: [{ type: 'text', text: 'go' }] },
    {
      role: 'assistant',
      blocks: [
        { type: 'thinking', provider: 'anthropic', data: { type: 'thinking', thinking: 'hm', signature: 'sig' } },
        {
          type: 'thinking',
          provider: 'openai_responses',
          data: { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
        },
        { type: 'thinking', provider: 'openai_responses', data: { type: 'reasoning', id: 'rs_2', summary: [] } },
        { type: 'thinking', provider: 'openai_chat', data: { reasoning_content: 'mhm' } },
        { type: 'text', text: 'I look.' },
        { type: 'tool_call', callId: 'c1', name: 'read_file', input: { path: 'a.ts' } },
        { type: 'tool_call', callId: 'c2', name: 'read_file', input: null, invalidInput: '{"path":' },
        { type: 'tool_call', callId: 'c3', name: 'read_file', input: ['a.ts'] },
      ],
    },
    {
      role: 'user',
      blocks: [
        { type: 'tool_result', callId: 'c1', text: 'export {}', isError: false },
        { type: 'tool_result', callId: 'c2', text: 'no JSON', isError: true },
        { type: 'tool_result', callId: 'c3', text: 'no object', isError: true },
        { type: 'text', text: 'Two rounds are left.' },
      ],
    },
  ],
};
