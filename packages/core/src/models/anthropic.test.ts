import { afterEach, describe, expect, it } from 'vitest';
import { createModelClient, type ModelProgress } from './model-client.js';
import {
  longRequest,
  namedEvents,
  type ProviderServer,
  sampleRequest,
  sendAndHang,
  sendStream,
  startProvider,
} from './provider-server.fixture.js';

const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x-20260101',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 12, output_tokens: 1, cache_read_input_tokens: 300, cache_creation_input_tokens: 40 },
  },
};
const block = (index: number, content_block: object, ...deltas: object[]) => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const toolUse = (index: number, id: string, ...json: string[]) =>
  block(
    index,
    { type: 'tool_use', id, name: 'read_file', input: {} },
    ...json.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  );
const stop = (stop_reason: string) => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 77 } },
  { type: 'message_stop' },
];

let provider: ProviderServer;
afterEach(() => provider.close());

async function answering(events: { type: string }[]) {
  provider = await startProvider((response) => sendStream(response, namedEvents(events)));
  return createModelClient({ protocol: 'anthropic', baseUrl: `${provider.url}/v1/`, apiKey: 'sk-test' });
}

describe('the Messages API', () => {
  it('turns a stream into blocks, usage, stop reason, model and request id', async () => {
    const client = await answering([
      start,
      { type: 'ping' },
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'let me ' },
        { type: 'thinking_delta', thinking: 'see' },
        { type: 'signature_delta', signature: 'c2ln' },
      ),
      ...block(1, { type: 'redacted_thinking', data: 'xyz' }),
      ...block(
        2,
        { type: 'text', text: '' },
        { type: 'text_delta', text: 'I re' },
        { type: 'text_delta', text: 'ad.' },
      ),
      ...toolUse(3, 'toolu_1', '{"pa', 'th":"a.ts"}'),
      ...stop('tool_use'),
    ]);
    const seen: ModelProgress[] = [];
    const answer = await client.call(sampleRequest, { onProgress: (delta) => seen.push(delta) });
    expect(answer).toEqual({
      blocks: [
        {
          type: 'thinking',
          provider: 'anthropic',
          data: { type: 'thinking', thinking: 'let me see', signature: 'c2ln' },
        },
        { type: 'thinking', provider: 'anthropic', data: { type: 'redacted_thinking', data: 'xyz' } },
        { type: 'text', text: 'I read.' },
        { type: 'tool_call', callId: 'toolu_1', name: 'read_file', input: { path: 'a.ts' } },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 12, outputTokens: 77, cacheReadTokens: 300, cacheWriteTokens: 40 },
      model: 'claude-x-20260101',
      requestId: 'req_1',
    });
    expect(seen.map(({ kind, text }) => `${kind}:${text}`)).toEqual([
      'thinking:let me ',
      'thinking:see',
      'text:I re',
      'text:ad.',
      'tool_call:read_file',
      'tool_call:{"pa',
      'tool_call:th":"a.ts"}',
    ]);
  });

  it('keeps arguments that are no JSON, and takes empty ones as an empty object', async () => {
    const client = await answering([
      start,
      ...toolUse(0, 't1', '{"path": "a.t'),
      ...toolUse(1, 't2'),
      ...toolUse(2, 't3', '[1]'),
      ...stop('max_tokens'),
    ]);
    const answer = await client.call(sampleRequest);
    expect(answer.blocks).toEqual([
      { type: 'tool_call', callId: 't1', name: 'read_file', input: null, invalidInput: '{"path": "a.t' },
      { type: 'tool_call', callId: 't2', name: 'read_file', input: {} },
      { type: 'tool_call', callId: 't3', name: 'read_file', input: [1] },
    ]);
    expect(answer.stopReason).toBe('max_tokens');
  });

  it('drops a thought that the limit cut off, since it was never signed', async () => {
    const cut = block(0, { type: 'thinking', thinking: '', signature: '' }, { type: 'thinking_delta', thinking: 'so' });
    const client = await answering([start, ...cut, ...stop('max_tokens')]);
    expect((await client.call(sampleRequest)).blocks).toEqual([]);
  });

  it('passes over kinds of block that were never asked for', async () => {
    const foreign = block(
      0,
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'input_json_delta', partial_json: '{}' },
    );
    const client = await answering([start, ...foreign, ...block(1, { type: 'text', text: 'ok' }), ...stop('end_turn')]);
    const answer = await client.call(sampleRequest);
    expect(answer.blocks).toEqual([{ type: 'text', text: 'ok' }]);
    expect(answer.stopReason).toBe('end_turn');
  });

  it.each([
    ['stop_sequence', 'end_turn'],
    ['model_context_window_exceeded', 'max_tokens'],
    ['refusal', 'refusal'],
    ['pause_turn', 'other'],
  ])('reads the stop reason %s as %s', async (theirs, ours) => {
    const client = await answering([start, ...block(0, { type: 'text', text: 'x' }), ...stop(theirs)]);
    expect((await client.call(sampleRequest)).stopReason).toBe(ours);
  });

  it('sends the conversation, its own thinking only, and marks it for the prompt cache', async () => {
    const client = await answering([start, ...stop('end_turn')]);
    await client.call(longRequest);
    const [call] = provider.calls;
    expect(call?.path).toBe('/v1/messages');
    expect(call?.headers['x-api-key']).toBe('sk-test');
    expect(call?.headers.authorization).toBe('Bearer sk-test');
    expect(call?.body).toEqual({
      model: 'scripted',
      max_tokens: 1_000,
      stream: true,
      system: [{ type: 'text', text: 'You are an engineer.', cache_control: { type: 'ephemeral' } }],
      tools: [{ name: 'read_file', description: 'Reads a file.', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'auto' },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'go', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'c1', name: 'read_file', input: { path: 'a.ts' } },
            { type: 'tool_use', id: 'c2', name: 'read_file', input: { invalid_arguments: '{"path":' } },
            { type: 'tool_use', id: 'c3', name: 'read_file', input: { invalid_arguments: ['a.ts'] } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: 'export {}', is_error: false },
            { type: 'tool_result', tool_use_id: 'c2', content: 'no JSON', is_error: true },
            { type: 'tool_result', tool_use_id: 'c3', content: 'no object', is_error: true },
            { type: 'text', text: 'Two rounds are left.', cache_control: { type: 'ephemeral' } },
          ],
        },
      ],
    });
  });

  it.each([
    ['scripted', 'any'],
    ['claude-sonnet-5-5', 'auto'],
    ['claude-of-tomorrow', 'auto'],
  ])('asks %s for a tool call with tool choice %s', async (model, choice) => {
    const client = await answering([start, ...stop('end_turn')]);
    await client.call({ ...sampleRequest, model, toolChoice: 'required' });
    expect(provider.calls[0]?.body['tool_choice']).toEqual({ type: choice });
  });

  it('bears an answer that takes longer than the limit of silence, as long as pings come', async () => {
    provider = await startProvider((response) => {
      sendAndHang(response, namedEvents([start]));
      const pings = setInterval(() => response.write('event: ping\ndata: {"type":"ping"}\n\n'), 50);
      setTimeout(() => {
        clearInterval(pings);
        response.end(namedEvents(stop('end_turn')));
      }, 1_500);
    });
    const client = createModelClient({ protocol: 'anthropic', baseUrl: provider.url, apiKey: 'sk-test' });
    expect((await client.call(sampleRequest, { requestTimeoutMs: 1_000 })).stopReason).toBe('end_turn');
  });

  it('leaves out the system prompt and the tools when there are none', async () => {
    const client = await answering([start, ...stop('end_turn')]);
    await client.call({ ...sampleRequest, system: '', tools: [] });
    expect(Object.keys(provider.calls[0]!.body).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream']);
  });
});
