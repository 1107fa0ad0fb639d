import type { JsonObject } from '@fermata/contracts';
import { describe, expect, it } from 'vitest';
import { anthropicDialect } from './dialects/anthropic-dialect.js';
import type { GatewayDialect } from './dialects/dialect.js';
import { geminiDialect } from './dialects/gemini-dialect.js';
import { openAiChatDialect } from './dialects/openai-chat-dialect.js';
import { openAiResponsesDialect } from './dialects/openai-responses-dialect.js';
import { price } from './gateway.fixture.js';
import type { GatewayUpstream } from './gateway-ports.js';
import { prepareCall, reckonCost } from './prepare-call.js';

const upstream: GatewayUpstream = {
  ...{ baseUrl: 'http://provider', apiKey: 'k', model: 'real-1', price },
  ...{ contextWindow: 10_000, maxOutputTokens: 100 },
};

function prepare(dialect: GatewayDialect, body: JsonObject, changes: Partial<GatewayUpstream> = {}) {
  const ids = { tokenHash: 'hash', workspaceId: 'ws_1', agentRunId: 'run_1', okrRunId: 'okr_1', taskId: null };
  const grant = { ...ids, models: ['m-1'], budgetSubjectIds: ['okr_1'] };
  const call = { kind: 'answer' as const, model: 'm-1', stream: false, query: new URLSearchParams() };
  return prepareCall({ dialect, call, grant, upstream: { ...upstream, ...changes }, body });
}

function sent(dialect: GatewayDialect, body: JsonObject) {
  const prepared = prepare(dialect, body);
  if ('status' in prepared) throw new Error(prepared.message);
  return JSON.parse(prepared.body) as JsonObject;
}

function worst(dialect: GatewayDialect, body: JsonObject, changes?: Partial<GatewayUpstream>) {
  const prepared = prepare(dialect, body, changes);
  if ('status' in prepared) throw new Error(prepared.message);
  return prepared.worstCaseMicros;
}

const messages = [{ role: 'user', content: 'hi' }];

describe('what is sent', () => {
  it('names the model of the provider, and cuts the answer to what was reserved', () => {
    expect(sent(anthropicDialect, { model: 'm-1', max_tokens: 9_999, messages })).toMatchObject({
      model: 'real-1',
      max_tokens: 100,
    });
    expect(sent(anthropicDialect, { model: 'm-1', max_tokens: 7, messages })).toMatchObject({ max_tokens: 7 });
    expect(sent(anthropicDialect, { model: 'm-1', max_tokens: '9999', messages })).toMatchObject({ max_tokens: 100 });
    expect(sent(openAiResponsesDialect, { model: 'm-1', input: 'hi' })).toMatchObject({ max_output_tokens: 100 });
    expect(sent(geminiDialect, { contents: [] })).toEqual({ contents: [], generationConfig: { maxOutputTokens: 100 } });
  });

  it('leaves no second limit beside the one that counts', () => {
    const both = { model: 'm-1', messages, max_tokens: 9_999, max_completion_tokens: 50 };
    expect(sent(openAiChatDialect, both)).toEqual({ model: 'real-1', messages, max_completion_tokens: 50 });
    const spelled = { contents: [], generation_config: { max_output_tokens: 9_999, temperature: 1 } };
    expect(sent(geminiDialect, spelled)).toEqual({
      contents: [],
      generationConfig: { temperature: 1, maxOutputTokens: 100 },
    });
  });

  it('keeps the spelling of the limit that a compatible server knows', () => {
    expect(sent(openAiChatDialect, { model: 'm-1', messages })).toMatchObject({ max_tokens: 100 });
    const official = prepare(openAiChatDialect, { messages }, { baseUrl: 'https://api.openai.com/v1' });
    expect(official).toMatchObject({ body: expect.stringContaining('"max_completion_tokens":100') as string });
  });
});

describe('what a call can cost at most', () => {
  it('is a token for each byte at the dearest rate, and the longest answer', () => {
    const body = { model: 'real-1', max_tokens: 100, messages };
    const input = Buffer.byteLength(JSON.stringify(body)) + 1_000;
    expect(worst(anthropicDialect, body)).toBe(Math.ceil(input * 2.5 + 100 * 10));
  });

  it('is never more than the context window holds', () => {
    const long = { model: 'm-1', max_tokens: 100, messages: [{ role: 'user', content: 'x'.repeat(50_000) }] };
    expect(worst(anthropicDialect, long)).toBe(10_000 * 2.5 + 1_000);
  });

  it('counts every answer that is asked for', () => {
    const one = worst(openAiChatDialect, { model: 'm-1', messages, n: 1 });
    expect(worst(openAiChatDialect, { model: 'm-1', messages, n: 3 })).toBe(one + 2 * 100 * 10);
    const single = worst(geminiDialect, { contents: [], generationConfig: { candidateCount: 1 } });
    expect(worst(geminiDialect, { contents: [], generationConfig: { candidateCount: 4 } })).toBe(single + 3 * 100 * 10);
  });

  it('knows the price of what the cache keeps for an hour', () => {
    const block = { type: 'text', text: 'x'.repeat(50_000), cache_control: { type: 'ephemeral', ttl: '1h' } };
    const long = { model: 'm-1', max_tokens: 100, messages: [{ role: 'user', content: [block] }] };
    expect(worst(anthropicDialect, long)).toBe(10_000 * 4 + 1_000);
    const usage = {
      inputTokens: 10,
      outputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 30,
      longCacheWriteTokens: 20,
    };
    expect(reckonCost(usage, price)).toBe(10 * 2 + 10 * 2.5 + 20 * 4);
  });

  it.each<[string, GatewayDialect, JsonObject]>([
    ['a conversation that the provider keeps', openAiResponsesDialect, { input: 'hi', previous_response_id: 'resp_1' }],
    [
      'a picture by its address',
      openAiResponsesDialect,
      { input: [{ type: 'input_image', image_url: 'https://x/y' }] },
    ],
    [
      'a document by its address',
      anthropicDialect,
      { messages: [{ content: [{ source: { type: 'url', url: 'x' } }] }] },
    ],
    ['a file', openAiChatDialect, { messages: [{ content: [{ file: { file_id: 'file_1' } }] }] }],
    ['a file of Google', geminiDialect, { contents: [{ parts: [{ fileData: { fileUri: 'x' } }] }] }],
  ])('takes %s for a full context window, and refuses it when that is not known', (_, dialect, body) => {
    expect(worst(dialect, body)).toBe(10_000 * 2.5 + 1_000);
    expect(prepare(dialect, body, { contextWindow: null })).toMatchObject({ status: 400 });
  });

  it('does not take the words of tools for addresses', () => {
    const tools = [{ name: 'fetch', input_schema: { properties: { source: { type: 'url' } } } }];
    const call = { type: 'tool_use', id: 't', name: 'fetch', input: { image_url: 'https://x/y' } };
    const body = { messages: [{ role: 'assistant', content: [call] }], tools };
    expect(worst(anthropicDialect, body, { contextWindow: null })).toBeLessThan(10_000);
  });

  it('is found in a request of any depth', () => {
    let deep: JsonObject = { file_id: 'f' };
    for (let level = 0; level < 4_000; level += 1) deep = { deep };
    expect(worst(openAiChatDialect, { messages: [deep] })).toBe(10_000 * 2.5 + 1_000);
  });
});

describe('what cannot be priced', () => {
  it.each<[string, GatewayDialect, JsonObject]>([
    ['web_search_20250305', anthropicDialect, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['mcp_servers', anthropicDialect, { mcp_servers: [{ url: 'https://x' }] }],
    ['code_interpreter', openAiResponsesDialect, { tools: [{ type: 'code_interpreter' }] }],
    ['web_search_options', openAiChatDialect, { web_search_options: {} }],
    ['googleSearch', geminiDialect, { tools: [{ googleSearch: {} }] }],
    ['service_tier', openAiResponsesDialect, { service_tier: 'priority' }],
    ['speed', anthropicDialect, { speed: 'fast' }],
    ['background', openAiResponsesDialect, { background: true }],
  ])('is refused by name: %s', (name, dialect, body) => {
    const refusal = prepare(dialect, body);
    expect(refusal).toMatchObject({ status: 400, message: expect.stringContaining(name) as string });
  });

  it('may run at the provider when that is allowed, and may run at the client', () => {
    const body = { tools: [{ type: 'web_search' }] };
    expect(prepare(openAiResponsesDialect, body, { providerTools: true })).not.toHaveProperty('status');
    const own = {
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { name: 'mine', input_schema: {} },
      ],
    };
    expect(prepare(anthropicDialect, own)).not.toHaveProperty('status');
  });

  it('is a model without a price, as long as a budget applies', () => {
    const refusal = prepare(anthropicDialect, { messages }, { price: null });
    expect(refusal).toMatchObject({ status: 400, message: expect.stringContaining('"m-1"') as string });
  });
});
