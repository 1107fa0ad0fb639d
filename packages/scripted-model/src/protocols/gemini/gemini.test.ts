import { describe, expect, it } from 'vitest';
import { startWithClients } from '../../server/scripted.fixture.js';

interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: { id: string; name: string; args: object };
}

interface Answer {
  candidates: { content: { role: string; parts: Part[] }; finishReason?: string }[];
  usageMetadata: Record<string, number>;
  modelVersion: string;
  responseId: string;
  error?: { code: number; status: string; message: string };
}

const tools = [{ functionDeclarations: [{ name: 'read_file', parametersJsonSchema: { type: 'object' } }] }];
const asked = { role: 'user', parts: [{ text: 'Look at a.txt' }] };
const body = { contents: [asked], systemInstruction: { parts: [{ text: 'You are careful.' }] }, tools };

const script = {
  rules: [
    {
      name: 'look',
      match: { model: 'm-1', systemIncludes: 'careful', toolResults: 0, hasTool: 'read_file' },
      answer: {
        thinking: 'I must look first.',
        text: 'I shall look at the file before I answer: naïve guesses 🎵 help nobody.',
        toolCalls: [
          { name: 'read_file', input: { path: 'a.txt', deep: { list: [1, 2] } } },
          { name: 'read_file', input: {} },
        ],
        usage: { inputTokens: 11, outputTokens: 22, cacheReadTokens: 33 },
      },
    },
    { name: 'done', match: { toolResults: 2, lastToolResultIncludes: ['alpha', 'beta'] }, answer: { text: 'Alpha.' } },
  ],
};

async function start(given: Parameters<typeof startWithClients>[0]) {
  const { server } = await startWithClients(given);
  const post = (verb: string, content: object = body, headers: object = { 'x-goog-api-key': 'key-g' }) =>
    fetch(`${server.geminiBaseUrl}/v1beta/models/m-1:${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(content),
    });
  const generate = async (content?: object) => (await (await post('generateContent', content)).json()) as Answer;
  const stream = async (content?: object) => {
    const text = await (await post('streamGenerateContent?alt=sse', content)).text();
    const events = text.split('\n\n').filter((event) => event !== '');
    return events.map((event) => JSON.parse(event.replace(/^data: /, '')) as Answer);
  };
  return { server, post, generate, stream };
}

const partsOf = (answer: Answer) => answer.candidates[0]!.content.parts;
const said = (answers: Answer[], thought: boolean) =>
  answers.flatMap(partsOf).flatMap((part) => (Boolean(part.thought) === thought ? (part.text ?? '') : []));

describe('the Gemini protocol', () => {
  it('streams the answer that it gives whole', async () => {
    const { server, generate, stream } = await start(script);
    const whole = await generate();
    const events = await stream();
    expect(whole).toMatchObject({ modelVersion: 'm-1', responseId: events[0]!.responseId });
    expect(said(events, false).join('')).toBe(said([whole], false).join(''));
    expect(said(events, true).join('')).toBe('I must look first.');
    expect(events.flatMap(partsOf).flatMap((part) => part.functionCall ?? [])).toEqual(
      partsOf(whole).flatMap((part) => part.functionCall ?? []),
    );
    expect(events.at(-1)!.candidates[0]).toMatchObject({ finishReason: 'STOP' });
    expect(events.slice(0, -1).every(({ candidates }) => candidates[0]!.finishReason === undefined)).toBe(true);
    expect(server.failures()).toEqual([]);
  });

  it('counts the cached prompt inside the prompt, and thoughts beside the candidates', async () => {
    const { generate, stream } = await start(script);
    const counts = {
      promptTokenCount: 44,
      cachedContentTokenCount: 33,
      candidatesTokenCount: 17,
      thoughtsTokenCount: 5,
      totalTokenCount: 66,
    };
    expect((await generate()).usageMetadata).toEqual(counts);
    const events = await stream();
    expect(events[0]!.usageMetadata).toMatchObject({ promptTokenCount: 44 });
    expect(events.at(-1)!.usageMetadata).toEqual(counts);
  });

  it.each([
    ['with the ids of the calls', true],
    ['by name and order when the client keeps no ids', false],
  ])('takes results %s', async (_, withIds) => {
    const { server, generate } = await start(script);
    const first = await generate();
    const calls = partsOf(first).flatMap((part) => part.functionCall ?? []);
    const idOf = (index: number) => (withIds ? { id: calls[index]!.id } : {});
    const model = partsOf(first).map((part) =>
      part.functionCall && !withIds ? { functionCall: { ...part.functionCall, id: undefined } } : part,
    );
    const results = [
      { functionResponse: { ...idOf(0), name: 'read_file', response: { output: 'alpha' } } },
      { functionResponse: { ...idOf(1), name: 'read_file', response: { error: 'beta' } } },
    ];
    const contents = [asked, { role: 'model', parts: model }, { role: 'user', parts: results }];
    expect(partsOf(await generate({ ...body, contents }))).toEqual([{ text: 'Alpha.' }]);
    expect(server.requests().map(({ rule, toolResults }) => [rule, toolResults])).toEqual([
      ['look', 0],
      ['done', 2],
    ]);
  });

  it('refuses a call without a result, and a result without a call', async () => {
    const { server, generate } = await start(script);
    const call = { role: 'model', parts: [{ functionCall: { name: 'read_file', args: {} } }] };
    const result = { role: 'user', parts: [{ functionResponse: { name: 'read_file', response: { output: 'x' } } }] };
    const unanswered = await generate({ ...body, contents: [asked, call, asked] });
    expect(unanswered.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(unanswered.error!.message).toContain('no result for tool call');
    expect((await generate({ ...body, contents: [result] })).error!.message).toContain('does not make');
    expect(server.failures()).toHaveLength(2);
  });

  it('leaves out a call whose arguments are no object, and says why it ended', async () => {
    const toolCalls = [{ name: 'read_file', inputText: '{"path":' }];
    const { generate } = await start({ rules: [{ name: 'bad', match: {}, answer: { text: 'x', toolCalls } }] });
    expect((await generate()).candidates[0]).toMatchObject({
      content: { parts: [{ text: 'x' }] },
      finishReason: 'MALFORMED_FUNCTION_CALL',
    });
  });

  it('counts tokens of contents or of a whole request, without asking the script', async () => {
    const { server, post } = await start(() => undefined);
    const count = async (content: object) => {
      const answer = (await (await post('countTokens', content)).json()) as { totalTokens: number };
      return answer.totalTokens;
    };
    const alone = await count({ contents: [asked] });
    const whole = await count({ generateContentRequest: { ...body, model: 'models/m-1' } });
    expect(alone).toBeGreaterThan(1);
    expect(whole).toBeGreaterThan(alone);
    expect(server.failures()).toEqual([]);
    expect(server.repeatedRequests()).toEqual([]);
  });

  it('refuses a stream that is not asked for as server-sent events', async () => {
    const { post } = await start(script);
    const refused = await post('streamGenerateContent');
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as Answer).error!.message).toContain('?alt=sse');
  });

  it('reports failures as Google does: before an answer, within one, and for want of a key', async () => {
    const rules = [
      { name: 'limited', match: {}, times: 1, fail: { status: 429, retryAfter: 3 } },
      { name: 'broken', match: {}, answer: { text: 'abcdef', stream: { chunkSize: 2, errorAfterChunks: 1 } } },
    ];
    const { post, stream } = await start({ rules });
    const limited = await post('generateContent');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
    expect(((await limited.json()) as Answer).error).toMatchObject({ code: 429, status: 'RESOURCE_EXHAUSTED' });
    const events = await stream();
    expect(events.map(({ error }) => error?.status)).toEqual([undefined, 'INTERNAL']);
    expect((await post('generateContent', body, {})).status).toBe(401);
  });

  it('answers a path that does not exist in the shape of the client', async () => {
    const { post } = await start(script);
    const missing = await post('embedContent');
    expect(missing.status).toBe(404);
    expect(((await missing.json()) as Answer).error).toMatchObject({ code: 404, status: 'NOT_FOUND' });
  });
});

describe('calls that only look', () => {
  it('count the tokens of an Anthropic prompt, and answer a HEAD on the models', async () => {
    const { server, anthropic } = await startWithClients(() => undefined);
    const messages = [{ role: 'user' as const, content: 'hello' }];
    expect((await anthropic.messages.countTokens({ model: 'm-1', messages })).input_tokens).toBeGreaterThan(1);
    const head = await fetch(`${server.url}/v1/models`, { method: 'HEAD', headers: { 'x-api-key': 'k' } });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(server.failures()).toEqual([]);
  });
});
