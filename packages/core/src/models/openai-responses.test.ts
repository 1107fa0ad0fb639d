import { afterEach, describe, expect, it } from 'vitest';
import { createModelClient, type ModelProgress } from './model-client.js';
import {
  longRequest,
  namedEvents,
  type ProviderServer,
  sampleRequest,
  sendStream,
  startProvider,
} from './provider-server.fixture.js';

const reasoning = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'hm' }],
  encrypted_content: 'gAAA',
  status: 'completed',
};
const message = (...content: object[]) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content,
});
const said = (text: string) => message({ type: 'output_text', text, annotations: [] });
const functionCall = (call_id: string, text: string) => ({
  type: 'function_call',
  id: `fc_${call_id}`,
  call_id,
  name: 'read_file',
  arguments: text,
});
const usage = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 700, cache_write_tokens: 100 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 1_050,
};
const done = (...items: object[]) =>
  items.map((item, output_index) => ({ type: 'response.output_item.done', output_index, item }));
const end = (type: string, response: object = {}) => ({
  type,
  response: { id: 'resp_1', model: 'gpt-5-2025-08-07', output: [], usage, incomplete_details: null, ...response },
});

let provider: ProviderServer;
afterEach(() => provider.close());

async function answering(events: { type: string }[]) {
  provider = await startProvider((response) => sendStream(response, namedEvents(events)));
  return createModelClient({ protocol: 'openai_responses', baseUrl: `${provider.url}/v1`, apiKey: 'sk-test' });
}

describe('the Responses API', () => {
  it('turns a stream into blocks, with cached tokens taken out of the input', async () => {
    const client = await answering([
      { type: 'response.created' },
      { type: 'response.reasoning_summary_text.delta', delta: 'hm' } as { type: string },
      { type: 'response.output_text.delta', delta: 'I read.' } as { type: string },
      { type: 'response.output_item.added', output_index: 2, item: functionCall('c1', '') } as { type: string },
      { type: 'response.function_call_arguments.delta', delta: '{"path":"a.ts"}' } as { type: string },
      ...done(reasoning, said('I read.'), functionCall('c1', '{"path":"a.ts"}')),
      end('response.completed'),
    ]);
    const seen: ModelProgress[] = [];
    const answer = await client.call(sampleRequest, { onProgress: (delta) => seen.push(delta) });
    expect(answer).toEqual({
      blocks: [
        {
          type: 'thinking',
          provider: 'openai_responses',
          data: { type: 'reasoning', id: 'rs_1', summary: reasoning.summary, encrypted_content: 'gAAA' },
        },
        { type: 'text', text: 'I read.' },
        { type: 'tool_call', callId: 'c1', name: 'read_file', input: { path: 'a.ts' } },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 200, outputTokens: 50, cacheReadTokens: 700, cacheWriteTokens: 100 },
      model: 'gpt-5-2025-08-07',
      requestId: 'req_1',
    });
    expect(seen.map(({ kind, text }) => `${kind}:${text}`)).toEqual([
      'thinking:hm',
      'text:I read.',
      'tool_call:read_file',
      'tool_call:{"path":"a.ts"}',
    ]);
  });

  it('reads the items from the last event when they came nowhere else, and estimates a usage that is missing', async () => {
    const client = await answering([end('response.completed', { output: [said('Done.')], usage: null })]);
    const answer = await client.call(sampleRequest);
    expect(answer.blocks).toEqual([{ type: 'text', text: 'Done.' }]);
    expect(answer.stopReason).toBe('end_turn');
    expect(answer.usage.estimated).toBe(true);
    expect(answer.usage.inputTokens).toBeGreaterThan(20);
  });

  it('keeps arguments that are no JSON, and takes empty ones as an empty object', async () => {
    const client = await answering([
      ...done(functionCall('c1', '{"a'), functionCall('c2', '')),
      end('response.completed'),
    ]);
    expect((await client.call(sampleRequest)).blocks).toEqual([
      { type: 'tool_call', callId: 'c1', name: 'read_file', input: null, invalidInput: '{"a' },
      { type: 'tool_call', callId: 'c2', name: 'read_file', input: {} },
    ]);
  });

  it.each([
    ['max_output_tokens', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['something_new', 'other'],
  ])('reads an answer cut off by %s as %s', async (reason, ours) => {
    const client = await answering([
      ...done(said('x')),
      end('response.incomplete', { incomplete_details: { reason } }),
    ]);
    expect((await client.call(sampleRequest)).stopReason).toBe(ours);
  });

  it('reads a refusal as one, with its text', async () => {
    const client = await answering([...done(message({ type: 'refusal', refusal: 'No.' })), end('response.completed')]);
    const answer = await client.call(sampleRequest);
    expect([answer.stopReason, answer.blocks]).toEqual(['refusal', [{ type: 'text', text: 'No.' }]]);
  });

  it('sends the conversation statelessly, with its own encrypted reasoning only', async () => {
    const client = await answering([end('response.completed')]);
    await client.call({ ...longRequest, model: 'gpt-5', toolChoice: 'required' });
    const [call] = provider.calls;
    expect(call?.path).toBe('/v1/responses');
    expect(call?.headers.authorization).toBe('Bearer sk-test');
    expect(call?.body).toEqual({
      model: 'gpt-5',
      instructions: 'You are an engineer.',
      max_output_tokens: 1_000,
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      tools: [
        {
          type: 'function',
          name: 'read_file',
          description: 'Reads a file.',
          parameters: { type: 'object', properties: {} },
          strict: false,
        },
      ],
      tool_choice: 'required',
      input: [
        { role: 'user', content: 'go' },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
        { role: 'assistant', content: 'I look.' },
        { type: 'function_call', call_id: 'c1', name: 'read_file', arguments: '{"path":"a.ts"}' },
        { type: 'function_call', call_id: 'c2', name: 'read_file', arguments: '{"invalid_arguments":"{\\"path\\":"}' },
        { type: 'function_call', call_id: 'c3', name: 'read_file', arguments: '{"invalid_arguments":["a.ts"]}' },
        { type: 'function_call_output', call_id: 'c1', output: 'export {}' },
        { type: 'function_call_output', call_id: 'c2', output: 'Error: no JSON' },
        { type: 'function_call_output', call_id: 'c3', output: 'Error: no object' },
        { role: 'user', content: 'Two rounds are left.' },
      ],
    });
  });

  it.each(['gpt-4.1', 'gpt-5-chat-latest'])(
    'does not ask %s for encrypted reasoning, which it would refuse',
    async (model) => {
      const client = await answering([end('response.completed')]);
      await client.call({ ...sampleRequest, model });
      expect(provider.calls[0]?.body).not.toHaveProperty('include');
    },
  );
});
