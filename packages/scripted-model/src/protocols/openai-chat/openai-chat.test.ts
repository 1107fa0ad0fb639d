import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { readTool, startWithClients } from '../../server/scripted.fixture.js';

const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { ...readTool } }];
const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'You are careful.' },
  { role: 'user', content: [{ type: 'text', text: 'Look at a.txt' }] },
];
const request = { model: 'm-1', messages, tools };

const script = {
  rules: [
    {
      name: 'look',
      match: { systemIncludes: 'careful', firstUserIncludes: 'a.txt', toolResults: 0, hasTool: 'read_file' },
      answer: {
        text: 'I shall look at the file before I answer.',
        toolCalls: [{ name: 'read_file', input: { path: 'a.txt' } }, { name: 'read_file' }],
        usage: { inputTokens: 11, outputTokens: 22, cacheReadTokens: 33, cacheWriteTokens: 44 },
      },
    },
    { name: 'done', match: { lastToolResultMatches: '^alpha (?<word>\\w+)$' }, answer: { text: 'It says {{word}}.' } },
  ],
};

describe('the Chat Completions protocol', () => {
  it('gives a streamed answer that the official client assembles to the one that is not streamed', async () => {
    const { openai } = await startWithClients(script);
    const whole = await openai.chat.completions.create(request);
    const stream = openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    const streamed = await stream.finalChatCompletion();
    const plain = ({ tool_calls, content, refusal }: OpenAI.ChatCompletionMessage) => ({
      content,
      refusal,
      calls: tool_calls?.map(
        (call) => call.type === 'function' && [call.id, call.function.name, call.function.arguments],
      ),
    });
    expect(plain(streamed.choices[0]!.message)).toEqual(plain(whole.choices[0]!.message));
    expect(streamed.choices[0]!.finish_reason).toBe('tool_calls');
    expect(whole.choices[0]!.finish_reason).toBe('tool_calls');
    expect(streamed.id).toBe(whole.id);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage).toMatchObject({
      prompt_tokens: 88,
      completion_tokens: 22,
      total_tokens: 110,
      prompt_tokens_details: { cached_tokens: 33, cache_write_tokens: 44 },
    });
  });

  it('streams no usage unless it is asked for', async () => {
    const { openai } = await startWithClients(script);
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1)).toBe(true);
  });

  it('takes a tool without parameters', async () => {
    const { openai } = await startWithClients({
      rules: [{ name: 'bare', match: { hasTool: 'bare' }, answer: { text: 'x' } }],
    });
    const bare = { type: 'function' as const, function: { name: 'bare' } };
    expect((await openai.chat.completions.create({ ...request, tools: [bare] })).choices[0]!.message.content).toBe('x');
  });

  it('goes on when the results of its tool calls come back', async () => {
    const { openai, server } = await startWithClients(script);
    const first = (await openai.chat.completions.create(request)).choices[0]!.message;
    const results = first.tool_calls!.map((call, index) => ({
      role: 'tool' as const,
      tool_call_id: call.id,
      content: index === 0 ? 'nothing' : 'alpha beta',
    }));
    const second = await openai.chat.completions.create({ ...request, messages: [...messages, first, ...results] });
    expect(second.choices[0]!.message.content).toBe('It says beta.');
    expect(server.requests()[1]).toMatchObject({ assistantTurns: 1, toolResults: 2, rule: 'done' });
  });

  it.each([
    ['max_tokens', 'length'],
    ['other', 'content_filter'],
  ] as const)('says %s as %s', async (stopReason, said) => {
    const { openai } = await startWithClients({
      rules: [{ name: 'stop', match: {}, answer: { text: 'x', stopReason } }],
    });
    expect((await openai.chat.completions.create(request)).choices[0]!.finish_reason).toBe(said);
  });

  it('says a refusal in the place for refusals, streamed and not', async () => {
    const answer = { text: 'I will not.', stopReason: 'refusal' } as const;
    const { openai } = await startWithClients({ rules: [{ name: 'no', match: {}, answer }] });
    const whole = (await openai.chat.completions.create(request)).choices[0]!.message;
    const streamed = (await openai.chat.completions.stream(request).finalChatCompletion()).choices[0]!.message;
    expect([whole.refusal, whole.content]).toEqual(['I will not.', null]);
    expect(streamed.refusal).toBe('I will not.');
  });

  it('sends arguments that are no JSON as they are, and reads them back', async () => {
    const { openai, server } = await startWithClients({
      rules: [
        {
          name: 'broken',
          match: { toolResults: 0 },
          answer: { toolCalls: [{ name: 'read_file', inputText: '{"path": ' }] },
        },
        { name: 'after', match: { lastToolResultIncludes: 'no JSON' }, answer: { text: 'Sorry.' } },
      ],
    });
    const first = (await openai.chat.completions.create(request)).choices[0]!.message;
    const call = first.tool_calls![0]!;
    expect(call.type === 'function' && call.function.arguments).toBe('{"path": ');
    const result = { role: 'tool' as const, tool_call_id: call.id, content: 'that was no JSON' };
    await openai.chat.completions.create({ ...request, messages: [...messages, first, result] });
    expect(server.failures()).toEqual([]);
  });
});
