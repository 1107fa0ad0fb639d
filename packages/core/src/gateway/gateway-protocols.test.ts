import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { realKey, startWorld } from './gateway.fixture.js';

const counts = { inputTokens: 1_200, outputTokens: 40, cacheReadTokens: 1_000, cacheWriteTokens: 0 };
/** 1200 at 2, 40 at 10, 1000 at 0.2. */
const costMicros = 3_000;
const script = {
  rules: [
    {
      name: 'any',
      match: {},
      answer: {
        text: 'A naïve tune 🎵, long enough for several chunks of a stream.',
        toolCalls: [{ name: 'read_file', input: { path: 'a.txt' } }],
        usage: counts,
      },
    },
  ],
};
const messages = [{ role: 'user' as const, content: 'Look at a.txt' }];
const keyDigest = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;

describe('a call through the gateway', () => {
  it('is answered in the Anthropic protocol as by the provider, and booked to the micro', async () => {
    const { anthropic, ledger, model } = await startWorld({ script });
    const request = { model: 'm-1', max_tokens: 100, messages };
    const whole = await anthropic.messages.create(request);
    const streamed = await anthropic.messages.stream(request).finalMessage();
    expect(streamed).toMatchObject({ content: whole.content, usage: { input_tokens: 1_200, output_tokens: 40 } });
    expect(ledger.ends).toMatchObject([
      { outcome: 'answered', model: 'm-1', usage: counts, costMicros, status: 200 },
      { outcome: 'answered', model: 'm-1', usage: counts, costMicros, status: 200 },
    ]);
    expect(ledger.ends.map(({ requestId }) => requestId)).toEqual(model.requests().map(({ id }) => id));
    expect(ledger).toMatchObject({ heldMicros: 0, spentMicros: 2 * costMicros });
    expect(model.failures()).toEqual([]);
  });

  it('is answered in Chat Completions, where the gateway asks for the usage of a stream', async () => {
    const { openai, ledger } = await startWorld({ script });
    const request = { model: 'm-1', messages };
    const whole = await openai.chat.completions.create(request);
    let text = '';
    for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(ledger.ends).toMatchObject([
      { outcome: 'answered', usage: counts, costMicros },
      { outcome: 'answered', usage: counts, costMicros },
    ]);
  });

  it('is answered in Responses', async () => {
    const { openai, ledger } = await startWorld({ script });
    const request = { model: 'm-1', input: 'Look at a.txt' };
    const whole = await openai.responses.create(request);
    const streamed = await openai.responses.stream(request).finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(ledger.ends).toMatchObject([
      { outcome: 'answered', usage: counts, costMicros },
      { outcome: 'answered', usage: counts, costMicros },
    ]);
  });

  it('is answered in the Gemini protocol, by the key in its header or its address', async () => {
    const { gateway, ledger, token } = await startWorld({ script });
    const ask = async (verb: string, headers: Record<string, string>) => {
      const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] });
      const response = await fetch(`${gateway.url}/v1beta/models/m-1:${verb}`, { method: 'POST', headers, body });
      return response.text();
    };
    const whole = await ask('generateContent', { 'x-goog-api-key': token });
    const streamed = await ask(`streamGenerateContent?alt=sse&key=${token}`, {});
    expect(whole).toContain('"promptTokenCount":2200');
    expect(streamed.split('\n\n').length).toBeGreaterThan(3);
    expect(ledger.ends).toMatchObject([
      { outcome: 'answered', usage: counts, costMicros },
      { outcome: 'answered', usage: counts, costMicros },
    ]);
  });

  it('goes out with the key of the provider and without anything else of the client', async () => {
    const { post, model, token } = await startWorld({ script });
    const headers = {
      'x-api-key': token,
      authorization: 'Bearer mine',
      cookie: 'session=1',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'one',
      'openai-organization': 'org-other',
      'x-forwarded-host': 'elsewhere',
    };
    await post('/v1/messages?beta=true&key=mine', { model: 'm-1', max_tokens: 1, messages }, { headers });
    const [{ headers: received, path }] = model.requests() as [ReturnType<typeof model.requests>[0]];
    expect(path).toBe('/v1/messages');
    expect(received).toMatchObject({ 'x-api-key': keyDigest(realKey), 'anthropic-beta': 'one' });
    for (const name of ['authorization', 'cookie', 'openai-organization', 'x-forwarded-host']) {
      expect(received).not.toHaveProperty(name);
    }
  });

  it('only counts for nothing, and lists only the models of its run', async () => {
    const { anthropic, openai, post, ledger } = await startWorld({ script });
    expect((await anthropic.messages.countTokens({ model: 'm-1', messages })).input_tokens).toBeGreaterThan(1);
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    expect(await (await post('/v1beta/models/m-1:countTokens', { contents })).json()).toHaveProperty('totalTokens');
    expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['m-1', 'm-2']);
    expect((await anthropic.models.list()).data.map(({ id }) => id)).toEqual(['m-1', 'm-2']);
    expect(ledger).toMatchObject({ begins: [], ends: [] });
  });

  it('asks the provider by the name that the provider knows', async () => {
    const { anthropic, model, ledger } = await startWorld({ script, upstream: { model: 'vendor/m-1' } });
    await anthropic.messages.create({ model: 'm-1', max_tokens: 1, messages });
    expect(model.requests()[0]).toMatchObject({ model: 'vendor/m-1' });
    expect(ledger.begins[0]).toMatchObject({ model: 'm-1' });
  });
});
