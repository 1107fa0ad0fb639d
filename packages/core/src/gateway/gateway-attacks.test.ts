import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { mintGatewayToken, startGateway } from '@fermata/core/gateway';
import { describe, expect, it } from 'vitest';
import { lastly, realKey, startWorld } from './gateway.fixture.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'm-1', max_tokens: 10, messages };

/** A provider of which every answer is what `answer` writes. */
async function startUpstream(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lastly(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a token', () => {
  it('is 256 random bits, and void without its hash', async () => {
    const { token } = mintGatewayToken();
    expect(Buffer.from(token.replace('fgw_', ''), 'base64url')).toHaveLength(32);
    const { gateway, model } = await startWorld();
    const stranger = new Anthropic({ apiKey: token, authToken: null, baseURL: gateway.url, maxRetries: 0 });
    await expect(stranger.messages.create(request)).rejects.toMatchObject({
      status: 401,
      type: 'authentication_error',
    });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
    expect(model.requests()).toEqual([]);
  });

  it('is void when its run has ended, also between look-up and hold', async () => {
    const { anthropic, ledger, model } = await startWorld();
    const begin = ledger.begin.bind(ledger);
    ledger.begin = (grant, start) => {
      ledger.ended = true;
      return begin(grant, start);
    };
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 401 });
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 401 });
    expect(ledger.begins).toEqual([]);
    expect(model.requests()).toEqual([]);
  });

  it('is asked for when there is none', async () => {
    const { post } = await startWorld();
    const refused = await post('/v1/messages', request, { headers: { 'anthropic-version': '2023-06-01' } });
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('There is no token')]);
  });
});

describe('a model', () => {
  it('is refused by name when the run may not use it, in any protocol', async () => {
    const { anthropic, openai, post, model } = await startWorld();
    const other = { ...request, model: 'm-9' };
    const why = /m-9\W+ is not among those of this run: m-1, m-2/;
    await expect(anthropic.messages.create(other)).rejects.toThrow(why);
    await expect(openai.responses.create({ model: 'm-9', input: 'hi' })).rejects.toThrow(why);
    const gemini = await post('/v1beta/models/m-9:generateContent', { contents: [] });
    expect([gemini.status, await gemini.text()]).toEqual([403, expect.stringMatching(/PERMISSION_DENIED/)]);
    expect(model.requests()).toEqual([]);
  });

  it('cannot be one thing here and another at the provider by coming twice', async () => {
    let received = '';
    const url = await startUpstream((incoming, response) => {
      incoming.on('data', (piece: Buffer) => (received += piece.toString()));
      incoming.on('end', () => response.end('{}'));
    });
    const { post } = await startWorld({ upstreamUrl: url });
    await post('/v1/messages', '{"model":"m-9","max_tokens":99999,"messages":[],"model":"m-1","max_tokens":5}');
    expect(received).toBe('{"model":"m-1","max_tokens":5,"messages":[]}');
  });
});

describe('the key', () => {
  it.each([
    ['a refusal', { status: 401, type: 'application/json', body: `{"error":{"message":"Wrong key: ${realKey}."}}` }],
    ['a stream', { status: 200, type: 'text/event-stream', body: `data: {"echo":"${realKey}"}\n\n` }],
  ])('does not come back in %s, nor in a header', async (_, { status, type, body }) => {
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      response.writeHead(status, { 'content-type': type, 'x-request-id': realKey, 'set-cookie': 'a=b' });
      response.write(body.slice(0, body.indexOf(realKey) + 5));
      setTimeout(() => response.end(body.slice(body.indexOf(realKey) + 5)), 20);
    });
    const { post } = await startWorld({ upstreamUrl: url });
    const answer = await post('/v1/chat/completions', { ...request, stream: true });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(body.replace(realKey, '*'.repeat(realKey.length)));
    expect(JSON.stringify([...answer.headers])).not.toContain(realKey);
    expect(answer.headers.has('set-cookie')).toBe(false);
  });

  it('is not printed when it cannot be sent', async () => {
    const { post, ledger } = await startWorld({ upstream: { apiKey: 'wrong\nkey' } });
    const answer = await post('/v1/messages', request);
    expect([answer.status, await answer.text()]).toEqual([502, expect.not.stringContaining('wrong')]);
    expect(ledger.ends).toMatchObject([{ outcome: 'refused', costMicros: 0 }]);
  });

  it('does not go where a redirect leads', async () => {
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end();
    });
    const { post } = await startWorld({ upstreamUrl: url });
    const answer = await post('/v1/messages', request, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([502, null]);
    expect(await answer.text()).toContain('base URL');
  });
});

describe('a request', () => {
  it('that is too large is refused, whether or not it says so before', async () => {
    const { post, ledger } = await startWorld({ limits: { bodyBytes: 100 } });
    const large = JSON.stringify({ ...request, pad: 'x'.repeat(1_000) });
    const whole = await post('/v1/messages', large);
    const body = new ReadableStream({
      start(controller) {
        for (let piece = 0; piece < 100; piece += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(65_536)));
        controller.close();
      },
    });
    const chunked = await post('/v1/messages', '', { body, duplex: 'half' });
    for (const answer of [whole, chunked]) {
      expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('100 bytes')]);
    }
    expect(ledger.begins).toEqual([]);
  });

  it.each([
    ['/v1/messages', 'not_found_error', { method: 'GET', headers: { 'anthropic-version': '2023-06-01' } }],
    ['/v1/files', 'not_found', { method: 'POST' }],
    ['/v1beta/models/m-1:embedContent', 'NOT_FOUND', { method: 'POST' }],
    ['//elsewhere/v1/messages', 'not_found', { method: 'POST' }],
    ['/v1/messages/../files', 'not_found', { method: 'POST' }],
  ])('to %s gets a 404 in the shape of its protocol', async (path, word, init) => {
    const { gateway, model } = await startWorld();
    const answer = await fetch(gateway.url + path, init);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining(word)]);
    expect(model.requests()).toEqual([]);
  });

  it.each([
    ['no JSON', '{"model":', 'not a JSON object'],
    ['a list', '[]', 'not a JSON object'],
    ['without a model', '{}', 'names no model'],
  ])('that is %s is refused', async (_, body, why) => {
    const { post } = await startWorld();
    const answer = await post('/v1/responses', body);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(why)]);
  });

  it('that is packed is refused', async () => {
    const { post, token } = await startWorld();
    const headers = { 'content-encoding': 'zstd', 'x-api-key': token };
    const answer = await post('/v1/responses', 'x', { headers });
    expect([answer.status, await answer.text()]).toEqual([415, expect.stringContaining('zstd')]);
  });

  it('whose address is no address does not end the gateway', async () => {
    const { gateway, anthropic } = await startWorld();
    await new Promise<void>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write('GET http://[bad HTTP/1.1\r\nhost: x\r\n\r\n'),
      );
      socket.once('data', () => socket.destroy());
      socket.once('close', () => resolve());
    });
    expect((await anthropic.messages.create(request)).content).toHaveLength(1);
  });
});

describe('the gateway', () => {
  it('says that its records are away, so that the client asks again, and tells its own people why', async () => {
    const { post, ledger, failures } = await startWorld({ broken: 'upstream' });
    const answer = await post('/v1/messages', request);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('Try again')]);
    expect(failures).toEqual(['upstream']);
    expect(ledger.begins).toEqual([]);
  });

  it('lets no failure of its own past one request', async () => {
    const { post, failures, anthropic } = await startWorld({ grant: { models: null as unknown as string[] } });
    expect((await post('/v1/messages', request)).status).toBe(500);
    expect(failures).toEqual(['request']);
    await expect(anthropic.models.list()).rejects.toMatchObject({ status: 500 });
  });

  it('says which port is taken', async () => {
    const { gateway } = await startWorld();
    const ports = { grantOf: async () => null } as unknown as Parameters<typeof startGateway>[0]['ports'];
    await expect(startGateway({ ports, port: gateway.port })).rejects.toMatchObject({ code: 'port_taken' });
  });
});
