import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { readTool, startWithClients } from './scripted.fixture.js';
import { startScriptedModel } from './start-scripted-model.js';

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Please paint the shed.' }];
const request = { model: 'm-1', max_tokens: 100, messages };
const script = {
  models: ['listed'],
  rules: [
    { name: 'mow', match: { model: 'm-1', firstUserIncludes: 'mow', toolResults: 1 }, answer: { text: 'mown' } },
    { name: 'paint', match: { model: 'm-2', firstUserIncludes: 'paint' }, answer: { text: 'painted' } },
  ],
};

describe('an unexpected request', () => {
  it('is refused with what came and what came nearest, and the clients do not try again', async () => {
    const { server } = await startWithClients(script);
    const eager = new Anthropic({ apiKey: 'k', baseURL: server.anthropicBaseUrl, maxRetries: 5 });
    const tools = [{ ...readTool, input_schema: readTool.parameters }];
    await expect(eager.messages.create({ ...request, tools })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
    const expected =
      'No rule of the script fits this request. Received: anthropic request for model "m-1"; 1 messages ' +
      '(0 assistant turns, 0 tool results); tools read_file; last user text "Please paint the shed.". ' +
      'Nearest rules: "paint" failed on model: wanted "m-2", got "m-1"; ' +
      '"mow" failed on firstUserIncludes: wanted "mow", got "Please paint the shed." and toolResults: wanted 1, got 0';
    expect(server.failures()).toEqual([expected]);
    expect(server.requests()).toHaveLength(1);
    expect(server.requests()[0]).toMatchObject({ status: 400, outcome: 'refused', rule: null, failure: expected });
    expect(server.unusedRules()).toEqual(['mow', 'paint']);
  });

  it('is refused in the shape of OpenAI, too', async () => {
    const { server } = await startWithClients(script);
    const eager = new OpenAI({ apiKey: 'k', baseURL: server.openaiBaseUrl, maxRetries: 5 });
    await expect(eager.responses.create({ model: 'm-1', input: 'x' })).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
    expect(server.failures()[0]).toContain('openai_responses request');
  });
});

describe('a script function that answers with a member that there is not', () => {
  it('is refused, naming it: otherwise a misspelt answer would be an empty one', async () => {
    const { server, anthropic } = await startWithClients((() => ({ tools: [] })) as never);
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 400 });
    expect(server.failures()[0]).toContain(
      'The script function answers with tools; there are thinking, text, toolCalls',
    );
  });
});

describe('the server', () => {
  it('answers 401 in the shape of the provider when there is no key', async () => {
    const { server } = await startWithClients(script);
    const post = (path: string) => fetch(`${server.url}${path}`, { method: 'POST', body: '{}' });
    const anthropic = await post('/v1/messages');
    expect([anthropic.status, await anthropic.json()]).toMatchObject([
      401,
      { type: 'error', error: { type: 'authentication_error' } },
    ]);
    const openai = await post('/v1/responses');
    expect([openai.status, await openai.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    expect((await fetch(`${server.openaiBaseUrl}/models`)).status).toBe(401);
  });

  it('lists the models of the script to both clients', async () => {
    const { anthropic, openai } = await startWithClients(script);
    const names = ['listed', 'm-1', 'm-2'];
    expect((await openai.models.list()).data.map((model) => model.id)).toEqual(names);
    expect((await anthropic.models.list()).data.map((model) => model.id)).toEqual(names);
  });

  it('refuses what is no JSON, and paths and methods that are not there', async () => {
    const { server } = await startWithClients(script);
    const ask = async (method: string, path: string, body?: string) => {
      const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
      const response = await fetch(`${server.url}${path}`, { method, headers, ...(body !== undefined && { body }) });
      return [response.status, await response.json()];
    };
    expect(await ask('POST', '/v1/messages', '{')).toMatchObject([400, { error: { type: 'invalid_request_error' } }]);
    expect(await ask('POST', '/v1/messages', '[]')).toMatchObject([400, { type: 'error' }]);
    expect(await ask('POST', '/v1/unheard', '{}')).toMatchObject([404, { error: { type: 'not_found_error' } }]);
    expect(await ask('GET', '/v1/messages')).toMatchObject([405, { type: 'error' }]);
    expect(server.failures()).toHaveLength(2);
  });

  it('counts four characters as a token where the script states no usage, and more for a longer conversation', async () => {
    const { anthropic } = await startWithClients({
      rules: [{ name: 'any', match: {}, answer: { text: 'x'.repeat(41) } }],
    });
    const short = await anthropic.messages.create(request);
    const longer = await anthropic.messages.create({ ...request, system: 'y'.repeat(400) });
    expect(short.usage.output_tokens).toBe(11);
    expect(longer.usage.input_tokens - short.usage.input_tokens).toBe(100);
    expect(short.usage.cache_read_input_tokens).toBe(0);
  });

  it('says which port is taken', async () => {
    const { server } = await startWithClients(script);
    const port = Number(new URL(server.url).port);
    await expect(startScriptedModel({ script, port })).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
  });

  it('refuses a faulty script that is given in memory', async () => {
    const rules = [{ name: 'empty', match: {} }];
    await expect(startScriptedModel({ script: { rules } })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('keeps conversations apart that come at the same time', async () => {
    const { anthropic, openai, server } = await startWithClients(({ firstUserText, assistantTurns }) => ({
      text: `${firstUserText}/${assistantTurns}`,
      delayMs: 5,
    }));
    const asked = Array.from({ length: 40 }, (_, index) => `agent ${index}`);
    const answers = await Promise.all(
      asked.map(async (content, index) => {
        const one = [{ role: 'user' as const, content }];
        if (index % 2)
          return (await openai.chat.completions.create({ model: 'm', messages: one })).choices[0]!.message.content;
        const { content: blocks } = await anthropic.messages.create({ ...request, messages: one });
        return blocks[0]!.type === 'text' ? blocks[0].text : null;
      }),
    );
    expect(answers).toEqual(asked.map((text) => `${text}/0`));
    expect(server.repeatedRequests()).toEqual([]);
  });
});
