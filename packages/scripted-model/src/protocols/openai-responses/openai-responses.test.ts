import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { readTool, startWithClients } from '../../server/scripted.fixture.js';

const tools: OpenAI.Responses.Tool[] = [{ type: 'function', strict: false, ...readTool }];
const input: OpenAI.Responses.ResponseInputItem[] = [
  { role: 'developer', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'input_text', text: '<environment/>' }] },
  { role: 'user', content: 'Look at a.txt' },
];
const request = { model: 'm-1', instructions: 'You are careful.', input, tools };

const script = {
  rules: [
    {
      name: 'look',
      match: { systemIncludes: ['careful', 'brief'], firstUserIncludes: ['environment', 'a.txt'], toolResults: 0 },
      answer: {
        thinking: 'I must look first, of course.',
        text: 'I shall look at the file before I answer.',
        toolCalls: [{ name: 'read_file', input: { path: 'a.txt' } }, { name: 'read_file' }],
        usage: { inputTokens: 11, outputTokens: 22, cacheReadTokens: 33, cacheWriteTokens: 44 },
      },
    },
    {
      name: 'done',
      match: { toolResults: 2, assistantTurns: 1, lastToolResultIncludes: 'beta' },
      answer: { text: 'Beta.' },
    },
  ],
};

describe('the Responses protocol', () => {
  it('gives a streamed answer that the official client assembles to the one that is not streamed', async () => {
    const { openai } = await startWithClients(script);
    const whole = await openai.responses.create(request);
    const streamed = await openai.responses.stream(request).finalResponse();
    expect(streamed.output.map((item) => item.type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'function_call',
    ]);
    expect(streamed.output).toMatchObject(whole.output);
    expect(whole.output_text).toBe('I shall look at the file before I answer.');
    expect(whole.status).toBe('completed');
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage).toMatchObject({
      input_tokens: 88,
      output_tokens: 22,
      input_tokens_details: { cached_tokens: 33, cache_write_tokens: 44 },
    });
  });

  it('sends the events of a stream in the order of the real one, numbered', async () => {
    const { openai } = await startWithClients({
      rules: [
        { name: 'short', match: {}, answer: { text: 'abcdef', toolCalls: [{ name: 'x' }], stream: { chunkSize: 3 } } },
      ],
    });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await openai.responses.create({ ...request, stream: true })) events.push(event);
    expect(events.map((event) => event.type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  });

  it('goes on when its own output and the results of its tool calls come back', async () => {
    const { openai, server } = await startWithClients(script);
    const first = await openai.responses.create(request);
    const calls = first.output.filter((item) => item.type === 'function_call');
    const results = calls.map(({ call_id }, index) => ({
      type: 'function_call_output' as const,
      call_id,
      output: index === 0 ? 'alpha' : [{ type: 'input_text' as const, text: 'beta' }],
    }));
    const second = await openai.responses.create({
      ...request,
      input: [...input, ...(first.output as OpenAI.Responses.ResponseInputItem[]), ...results],
    });
    expect(second.output_text).toBe('Beta.');
    expect(server.failures()).toEqual([]);
  });

  it('says an answer that was cut short as incomplete, and a refusal in the place for refusals', async () => {
    const { openai } = await startWithClients({
      rules: [
        { name: 'short', match: { model: 'short' }, answer: { text: 'x', stopReason: 'max_tokens' } },
        { name: 'no', match: {}, answer: { text: 'I will not.', stopReason: 'refusal' } },
      ],
    });
    const short = await openai.responses.stream({ ...request, model: 'short' }).finalResponse();
    expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    const refused = await openai.responses.stream(request).finalResponse();
    expect(refused.output[0]).toMatchObject({ content: [{ type: 'refusal', refusal: 'I will not.' }] });
  });

  it("takes tools that are the provider's own, which have neither name nor parameters", async () => {
    const { openai } = await startWithClients({
      rules: [{ name: 'web', match: { hasTool: 'web_search' }, answer: { text: 'x' } }],
    });
    const answer = await openai.responses.create({ ...request, tools: [...tools, { type: 'web_search' }] });
    expect(answer.output_text).toBe('x');
  });

  it('refuses a request that leans on state it does not keep', async () => {
    const { openai } = await startWithClients(script);
    const leaning = openai.responses.create({ ...request, previous_response_id: 'resp_1' });
    await expect(leaning).rejects.toThrow(/400 previous_response_id: is not kept here/);
  });

  it('refuses items that it does not understand', async () => {
    const { openai } = await startWithClients(script);
    const items = [...input, { type: 'item_reference' as const, id: 'msg_1' }];
    await expect(openai.responses.create({ ...request, input: items })).rejects.toThrow(/400 .*"item_reference"/);
  });
});
