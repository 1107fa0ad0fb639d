import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { readTool, startWithClients } from '../../server/scripted.fixture.js';

const tools: Anthropic.Tool[] = [{ ...readTool, input_schema: readTool.parameters }];
const base = { model: 'm-1', max_tokens: 100, system: 'You are careful.', tools };
const asked: Anthropic.MessageParam[] = [{ role: 'user', content: 'Look at a.txt' }];

const script = {
  rules: [
    {
      name: 'look',
      match: { systemIncludes: 'careful', toolResults: 0, hasTool: 'read_file' },
      answer: {
        thinking: 'I must look first, of course, before I say anything.',
        text: 'I shall look at the file before I answer: naïve guesses 🎵 help nobody.',
        toolCalls: [
          {
            name: 'read_file',
            input: { path: 'a.txt', deep: { list: [1, 2, 3], text: 'long enough for several chunks' } },
          },
          { name: 'read_file', input: {} },
        ],
        usage: { inputTokens: 11, outputTokens: 22, cacheReadTokens: 33, cacheWriteTokens: 44 },
      },
    },
    {
      name: 'done',
      match: { toolResults: 2, lastToolResultIncludes: ['alpha', 'beta'] },
      answer: { text: 'It says alpha.' },
    },
  ],
};

describe('the Anthropic protocol', () => {
  it('gives a streamed answer that the official client assembles to the one that is not streamed', async () => {
    const { anthropic } = await startWithClients(script);
    const whole = await anthropic.messages.create({ ...base, messages: asked });
    const streamed = await anthropic.messages.stream({ ...base, messages: asked }).finalMessage();
    expect(streamed).toMatchObject(whole);
    expect(streamed.content).toHaveLength(whole.content.length);
    expect(whole.stop_reason).toBe('tool_use');
    expect(whole.usage).toMatchObject({
      input_tokens: 11,
      output_tokens: 22,
      cache_read_input_tokens: 33,
      cache_creation_input_tokens: 44,
    });
    expect(whole.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use']);
    expect(whole.content[2]).toMatchObject({ name: 'read_file', input: { path: 'a.txt', deep: { list: [1, 2, 3] } } });
  });

  it('sends the events of a stream in the order of the real one', async () => {
    const { anthropic } = await startWithClients({
      rules: [{ name: 'short', match: {}, answer: { text: 'abcdef', stream: { chunkSize: 3 } } }],
    });
    const events: Anthropic.RawMessageStreamEvent[] = [];
    for await (const event of await anthropic.messages.create({ ...base, messages: asked, stream: true }))
      events.push(event);
    expect(events.map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[5]).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });

  it('goes on when the results of its tool calls come back', async () => {
    const { anthropic, server } = await startWithClients(script);
    const first = await anthropic.messages.create({ ...base, messages: asked });
    const calls = first.content.filter((block) => block.type === 'tool_use');
    const results = calls.map((call, index) => ({
      type: 'tool_result' as const,
      tool_use_id: call.id,
      content: index === 0 ? 'alpha' : [{ type: 'text' as const, text: 'beta' }],
    }));
    const second = await anthropic.messages.create({
      ...base,
      messages: [...asked, { role: 'assistant', content: first.content }, { role: 'user', content: results }],
    });
    expect(second.content).toEqual([{ type: 'text', text: 'It says alpha.', citations: null }]);
    expect(server.requests().map(({ rule, toolResults }) => [rule, toolResults])).toEqual([
      ['look', 0],
      ['done', 2],
    ]);
    expect(server.unusedRules()).toEqual([]);
    expect(server.failures()).toEqual([]);
  });

  it.each([
    ['max_tokens', 'max_tokens'],
    ['refusal', 'refusal'],
    ['end_turn', 'end_turn'],
  ] as const)('says %s as stop reason when the script does', async (stopReason, said) => {
    const { anthropic } = await startWithClients({
      rules: [{ name: 'stop', match: {}, answer: { text: 'x', stopReason } }],
    });
    expect((await anthropic.messages.create({ ...base, messages: asked })).stop_reason).toBe(said);
    expect((await anthropic.messages.stream({ ...base, messages: asked }).finalMessage()).stop_reason).toBe(said);
  });

  it("takes tools that are the provider's own, which have no schema", async () => {
    const { anthropic } = await startWithClients({
      rules: [{ name: 'web', match: { hasTool: 'web_search' }, answer: { text: 'x' } }],
    });
    const own: Anthropic.WebSearchTool20250305 = { type: 'web_search_20250305', name: 'web_search' };
    const answer = await anthropic.messages.create({ ...base, tools: [...tools, own], messages: asked });
    expect(answer.content[0]).toMatchObject({ text: 'x' });
  });

  it('refuses a conversation in which a tool call has no result', async () => {
    const { anthropic, server } = await startWithClients(script);
    const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'read_file', input: {} };
    const messages = [
      ...asked,
      { role: 'assistant' as const, content: [call] },
      { role: 'user' as const, content: 'well?' },
    ];
    await expect(anthropic.messages.create({ ...base, messages })).rejects.toThrow(
      /400.*no result for tool call \\"toolu_1\\"/,
    );
    expect(server.failures()).toHaveLength(1);
  });

  it('refuses a request without max_tokens, as the provider does', async () => {
    const { anthropic } = await startWithClients(script);
    const request = {
      ...base,
      max_tokens: undefined,
      messages: asked,
    } as unknown as Anthropic.MessageCreateParamsNonStreaming;
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
  });
});
