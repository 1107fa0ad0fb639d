import type Anthropic from '@anthropic-ai/sdk';
import AnthropicClient from '@anthropic-ai/sdk';
import OpenAIClient from 'openai';
import { describe, expect, it } from 'vitest';
import type { ScriptedFailure } from '../answers/answer.js';
import type { Rule } from '../scripts/script.js';
import { startWithClients } from './scripted.fixture.js';

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'hello' }];
const request = { model: 'm-1', max_tokens: 100, messages };
const chat = { model: 'm-1', messages: [{ role: 'user' as const, content: 'hello' }] };
const failing = (fail: ScriptedFailure): { rules: Rule[] } => ({ rules: [{ name: 'fails', match: {}, fail }] });
const answering = (answer: Rule['answer']) => ({ rules: [{ name: 'answers', match: {}, answer: answer ?? {} }] });
const long = 'word '.repeat(200);

async function readAll(stream: AsyncIterable<unknown>): Promise<number> {
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  return events.length;
}

describe('scripted failures', () => {
  it('sends 429 with Retry-After in the shape of each provider', async () => {
    const { anthropic, openai, server } = await startWithClients(failing({ status: 429, retryAfter: 7 }));
    for (const call of [
      anthropic.messages.create(request),
      anthropic.messages.create({ ...request, stream: true }),
      openai.chat.completions.create(chat),
      openai.responses.create({ model: 'm-1', input: 'hello' }),
    ]) {
      const error = await Promise.resolve(call).then(
        () => null,
        (caught: { status: number; headers: Headers }) => caught,
      );
      expect(error?.status).toBe(429);
      expect(error?.headers.get('retry-after')).toBe('7');
    }
    expect(server.requests().map(({ status, outcome, rule }) => [status, outcome, rule])).toEqual(
      Array.from({ length: 4 }, () => [429, 'failed', 'fails']),
    );
    expect(server.failures()).toEqual([]);
  });

  it('lets the official clients come through one failure by their own retry', async () => {
    const rules: Rule[] = [
      { name: 'once', match: {}, fail: { status: 500, retryAfter: 0 }, timesEach: 1 },
      { name: 'then', match: {}, answer: { text: 'there' } },
    ];
    const { server } = await startWithClients({ rules });
    const anthropic = new AnthropicClient({ apiKey: 'k', baseURL: server.anthropicBaseUrl, maxRetries: 1 });
    expect((await anthropic.messages.create(request)).content[0]).toMatchObject({ text: 'there' });
    const openai = new OpenAIClient({ apiKey: 'k', baseURL: server.openaiBaseUrl, maxRetries: 1 });
    expect((await openai.chat.completions.create({ ...chat, model: 'm-2' })).choices[0]!.message.content).toBe('there');
    expect(server.requests().map(({ status }) => status)).toEqual([500, 200, 500, 200]);
    expect(server.repeatedRequests()).toEqual([]);
  });

  it.each([
    [500, 'api_error'],
    [529, 'overloaded_error'],
    [403, 'permission_error'],
  ])('names status %i as the provider does', async (status, type) => {
    const { anthropic } = await startWithClients(failing({ status }));
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status, type });
  });

  it('sends a body of its own, or the page of a proxy', async () => {
    const { anthropic, openai } = await startWithClients(failing({ status: 502, html: '<h1>Bad gateway</h1>' }));
    await expect(anthropic.messages.create(request)).rejects.toThrow(/502 <h1>Bad gateway/);
    await expect(openai.chat.completions.create(chat)).rejects.toMatchObject({ status: 502 });
    const own = await startWithClients(
      failing({ status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } }),
    );
    await expect(own.openai.chat.completions.create(chat)).rejects.toMatchObject({ code: 'context_length_exceeded' });
  });

  it('cuts a stream after so many chunks', async () => {
    const { anthropic, openai, server } = await startWithClients(
      answering({ text: long, stream: { cutAfterChunks: 3 } }),
    );
    const deltas: string[] = [];
    const reading = (async () => {
      for await (const event of await anthropic.messages.create({ ...request, stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') deltas.push(event.delta.text);
      }
    })();
    await expect(reading).rejects.toThrow();
    expect(deltas.join('')).toBe(long.slice(0, 96));
    await expect(readAll(await openai.chat.completions.create({ ...chat, stream: true }))).rejects.toThrow();
    await expect(
      readAll(await openai.responses.create({ model: 'm-1', input: 'hello', stream: true })),
    ).rejects.toThrow();
    expect(server.requests().map(({ outcome }) => outcome)).toEqual(['cut', 'cut', 'cut']);
  });

  it('cuts before the end of an answer that has fewer chunks than the cut wants', async () => {
    const { anthropic } = await startWithClients(answering({ text: 'short', stream: { cutAfterChunks: 50 } }));
    await expect(readAll(await anthropic.messages.create({ ...request, stream: true }))).rejects.toThrow();
  });

  it('cuts the body of an answer that is not streamed', async () => {
    const { anthropic, server } = await startWithClients(failing({ cutStream: true }));
    await expect(anthropic.messages.create(request)).rejects.toThrow();
    await expect(readAll(await anthropic.messages.create({ ...request, stream: true }))).rejects.toThrow();
    expect(server.requests().map(({ outcome, status }) => [outcome, status])).toEqual([
      ['cut', 200],
      ['cut', 200],
    ]);
  });

  it('ends a stream early in good order, so that only the missing end tells', async () => {
    const { anthropic, openai, server } = await startWithClients(
      answering({ text: long, stream: { endAfterChunks: 2 } }),
    );
    const types: string[] = [];
    for await (const event of await anthropic.messages.create({ ...request, stream: true })) types.push(event.type);
    expect(types).toEqual(['message_start', 'content_block_start', 'content_block_delta', 'content_block_delta']);
    expect(await readAll(await openai.chat.completions.create({ ...chat, stream: true }))).toBe(3);
    expect(server.requests().map(({ outcome }) => outcome)).toEqual(['cut', 'cut']);
  });

  it('breaks a stream off with the error event of the provider', async () => {
    const { anthropic, openai } = await startWithClients(answering({ text: long, stream: { errorAfterChunks: 2 } }));
    await expect(readAll(await anthropic.messages.create({ ...request, stream: true }))).rejects.toMatchObject({
      type: 'overloaded_error',
    });
    await expect(readAll(await openai.chat.completions.create({ ...chat, stream: true }))).rejects.toThrow(
      /Overloaded/,
    );
    const responses = await openai.responses.create({ model: 'm-1', input: 'hello', stream: true });
    await expect(readAll(responses)).rejects.toThrow(/Overloaded/);
  });

  it.each<[string, Rule]>([
    ['from the beginning', { name: 'hang', match: {}, fail: { hang: true } }],
    [
      'in the middle of a stream',
      { name: 'stall', match: {}, answer: { text: long, stream: { stallAfterChunks: 1 } } },
    ],
  ])('hangs %s until the client gives up', async (_, rule) => {
    const { anthropic, server } = await startWithClients({ rules: [rule] });
    const abort = new AbortController();
    const reading = anthropic.messages.create({ ...request, stream: true }, { signal: abort.signal }).then(readAll);
    await expect.poll(() => server.requests().length).toBe(1);
    expect(server.requests()[0]!.outcome).toBeNull();
    abort.abort();
    await reading.catch(() => undefined);
    await expect.poll(() => server.requests()[0]!.outcome).toBe('hung');
  });

  it('closes while requests hang', async () => {
    const { anthropic, server } = await startWithClients(failing({ hang: true }));
    const reading = anthropic.messages.create(request).catch((error: unknown) => error);
    await expect.poll(() => server.requests().length).toBe(1);
    await server.close();
    expect(await reading).toBeInstanceOf(Error);
  });

  it('notes that a client left before the last byte, though nothing was paused', async () => {
    const { server } = await startWithClients(answering({ text: 'x'.repeat(30_000_000) }));
    const abort = new AbortController();
    const response = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': 'k' },
      body: JSON.stringify(request),
      signal: abort.signal,
    });
    expect(response.status).toBe(200);
    abort.abort();
    await expect.poll(() => server.requests()[0]!.outcome).toBe('abandoned');
  });

  it('notes that a client left in the middle of an answer, which then does not count as answered', async () => {
    const slow = answering({ text: long, delayMs: 20, stream: { chunkDelayMs: 20 } });
    const { anthropic, server } = await startWithClients(slow);
    const stream = await anthropic.messages.create({ ...request, stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') break;
    await expect.poll(() => server.requests()[0]!.outcome).toBe('abandoned');
    expect(server.repeatedRequests()).toEqual([]);
  });
});
