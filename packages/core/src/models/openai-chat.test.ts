import { afterEach, describe, expect, it } from 'vitest';
import { createModelClient, type ModelProgress } from './model-client.js';
import { toChatRequest } from './openai-chat.js';
import {
  bareEvents,
  longRequest,
  type ProviderServer,
  sampleRequest,
  sendStream,
  startProvider,
} from './provider-server.fixture.js';

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'qwen3-coder',
  choices: [{ index: 0, delta, finish_reason }],
});
const call = (text: string, { index, id, name }: { index?: number; id?: string; name?: string }) => ({
  tool_calls: [{ index, id, type: 'function', function: { name, arguments: text } }],
});
const usage = {
  prompt_tokens: 1_000,
  completion_tokens: 50,
  total_tokens: 1_050,
  prompt_tokens_details: { cached_tokens: 800 },
};
const counted = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'qwen3-coder', choices: [], usage };

let provider: ProviderServer;
afterEach(() => provider.close());

async function answering(chunks: object[], end?: string) {
  provider = await startProvider((response) => sendStream(response, bareEvents(chunks, end)));
  return createModelClient({ protocol: 'openai_chat', baseUrl: `${provider.url}/v1`, apiKey: 'sk-test' });
}

describe('Chat Completions', () => {
  it('turns a stream into blocks, with cached tokens taken out of the input', async () => {
    const client = await answering([
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'let me ' }),
      chunk({ reasoning_content: 'see' }),
      chunk({ content: 'I re' }),
      chunk({ content: 'ad.' }),
      chunk(call('', { index: 0, id: 'c1', name: 'read_file' })),
      chunk(call('{"path":', { index: 1, id: 'c2', name: 'read_file' })),
      chunk(call('{"path":"a.ts"}', { index: 0 })),
      chunk({}, 'tool_calls'),
      counted,
    ]);
    const seen: ModelProgress[] = [];
    const answer = await client.call(sampleRequest, { onProgress: (delta) => seen.push(delta) });
    expect(answer).toEqual({
      blocks: [
        { type: 'thinking', provider: 'openai_chat', data: { reasoning_content: 'let me see' } },
        { type: 'text', text: 'I read.' },
        { type: 'tool_call', callId: 'c1', name: 'read_file', input: { path: 'a.ts' } },
        { type: 'tool_call', callId: 'c2', name: 'read_file', input: null, invalidInput: '{"path":' },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 200, outputTokens: 50, cacheReadTokens: 800, cacheWriteTokens: 0 },
      model: 'qwen3-coder',
      requestId: 'req_1',
    });
    expect(seen.map(({ kind }) => kind)).toEqual([
      'thinking',
      'thinking',
      'text',
      'text',
      'tool_call',
      'tool_call',
      'tool_call',
      'tool_call',
    ]);
  });

  it('tells calls apart by their id where a server gives all of them the same index, or none', async () => {
    const client = await answering([
      chunk(call('{}', { index: 0, id: 'c1', name: 'read_file' })),
      chunk(call('{}', { index: 0, id: 'c2', name: 'list_files' })),
      chunk(call('', { id: 'c3', name: 'finish' })),
      chunk({}, 'stop'),
    ]);
    const answer = await client.call(sampleRequest);
    expect(
      answer.blocks.map((block) => (block.type === 'tool_call' ? [block.callId, block.name, block.input] : [])),
    ).toEqual([
      ['c1', 'read_file', {}],
      ['c2', 'list_files', {}],
      ['c3', 'finish', {}],
    ]);
    expect(answer.stopReason).toBe('tool_use');
  });

  it('gives a call without an id one of its own', async () => {
    const client = await answering([chunk(call('{}', { index: 0, name: 'finish' })), chunk({}, 'tool_calls')]);
    const [block] = (await client.call(sampleRequest)).blocks;
    expect(block?.type === 'tool_call' && block.callId).toMatch(/^call_[0-9a-f-]{36}$/);
  });

  it('states an estimate where a server counts nothing, and needs no closing word', async () => {
    const client = await answering([chunk({ content: 'x'.repeat(400) }), chunk({}, 'stop')], '');
    const { usage: found, stopReason } = await client.call(sampleRequest);
    expect(found.estimated).toBe(true);
    expect(found.outputTokens).toBeGreaterThanOrEqual(100);
    expect(found.inputTokens).toBeGreaterThan(20);
    expect(stopReason).toBe('end_turn');
  });

  it.each([
    ['length', 'max_tokens'],
    ['content_filter', 'refusal'],
    ['eos', 'other'],
  ])('reads the finish reason %s as %s', async (theirs, ours) => {
    const client = await answering([chunk({ content: 'x' }, theirs)]);
    expect((await client.call(sampleRequest)).stopReason).toBe(ours);
  });

  it('reads a refusal as one, with its text', async () => {
    const client = await answering([chunk({ refusal: 'No.' }), chunk({}, 'stop')]);
    const answer = await client.call(sampleRequest);
    expect([answer.stopReason, answer.blocks]).toEqual(['refusal', [{ type: 'text', text: 'No.' }]]);
  });

  it('sends the conversation, results before texts, and its own reasoning only', async () => {
    const client = await answering([chunk({}, 'stop')]);
    await client.call(longRequest);
    const [received] = provider.calls;
    expect(received?.path).toBe('/v1/chat/completions');
    expect(received?.body).toEqual({
      model: 'scripted',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 1_000,
      tools: [
        {
          type: 'function',
          function: { name: 'read_file', description: 'Reads a file.', parameters: { type: 'object', properties: {} } },
        },
      ],
      tool_choice: 'auto',
      messages: [
        { role: 'system', content: 'You are an engineer.' },
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: 'I look.',
          reasoning_content: 'mhm',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{"path":"a.ts"}' } },
            {
              id: 'c2',
              type: 'function',
              function: { name: 'read_file', arguments: '{"invalid_arguments":"{\\"path\\":"}' },
            },
            {
              id: 'c3',
              type: 'function',
              function: { name: 'read_file', arguments: '{"invalid_arguments":["a.ts"]}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'export {}' },
        { role: 'tool', tool_call_id: 'c2', content: 'Error: no JSON' },
        { role: 'tool', tool_call_id: 'c3', content: 'Error: no object' },
        { role: 'user', content: 'Two rounds are left.' },
      ],
    });
  });

  it.each([
    ['gpt-5', 'http://gateway.test/v1', 'max_completion_tokens'],
    ['gpt-4.1', 'https://api.openai.com/v1', 'max_completion_tokens'],
    ['qwen3-coder', 'http://gateway.test/v1', 'max_tokens'],
  ])('limits %s at %s by %s', async (model, baseUrl, name) => {
    provider = await startProvider(() => undefined);
    expect(toChatRequest({ ...sampleRequest, model }, baseUrl)).toHaveProperty(name, 1_000);
  });
});
