import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { type DomainError, type ErrorCode, ModelProtocol } from '@fermata/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { createModelClient, type ModelCallOptions } from './model-client.js';
import {
  bareEvents,
  namedEvents,
  type ProviderServer,
  sampleRequest,
  sendAndHang,
  sendJson,
  sendStream,
  startProvider,
} from './provider-server.fixture.js';

const protocols = Object.values(ModelProtocol);
const apiKey = 'sk-very-secret-key';

const starts: Record<ModelProtocol, string> = {
  anthropic: namedEvents([
    { type: 'message_start', message: { model: 'm', usage: { input_tokens: 5, output_tokens: 1 } } } as {
      type: string;
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as { type: string },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hal' } } as { type: string },
  ]),
  openai_responses: namedEvents([{ type: 'response.output_text.delta', delta: 'Hal' } as { type: string }]),
  openai_chat: bareEvents(
    [{ model: 'm', choices: [{ index: 0, delta: { content: 'Hal' }, finish_reason: null }] }],
    '',
  ),
};

let provider: ProviderServer | undefined;
afterEach(async () => {
  await provider?.close();
  provider = undefined;
});

async function serve(answer: (response: ServerResponse) => void): Promise<string> {
  provider = await startProvider(answer);
  return provider.url;
}

async function failureOf(protocol: ModelProtocol, baseUrl: string, options?: ModelCallOptions): Promise<DomainError> {
  const client = createModelClient({ protocol, baseUrl, apiKey });
  const error = await client
    .call({ ...sampleRequest, model: 'some-model' }, options)
    .catch((reason: unknown) => reason);
  expect((error as Error).name).toBe('DomainError');
  const text = JSON.stringify([
    (error as Error).message,
    (error as DomainError).details,
    (error as Error).cause ?? null,
  ]);
  expect(text).not.toContain(apiKey);
  expect(text).not.toContain('Fermata task');
  return error as DomainError;
}

/** An error body as the provider of that protocol writes it. */
function body(protocol: ModelProtocol, type: string, message: string) {
  return protocol === 'anthropic'
    ? { type: 'error', error: { type, message } }
    : { error: { type, message, code: null, param: null } };
}

describe.each(protocols)('a failing call over %s', (protocol) => {
  it.each<[number, string, ErrorCode]>([
    [400, 'invalid_request_error', 'provider_rejected'],
    [401, 'authentication_error', 'provider_unauthorized'],
    [402, 'billing_error', 'provider_rejected'],
    [403, 'permission_error', 'provider_unauthorized'],
    [404, 'not_found_error', 'model_unknown'],
    [404, 'invalid_request_error', 'provider_misconfigured'],
    [408, 'timeout_error', 'provider_unavailable'],
    [409, 'conflict_error', 'provider_unavailable'],
    [413, 'request_too_large', 'provider_rejected'],
    [422, 'invalid_request_error', 'provider_rejected'],
    [429, 'rate_limit_error', 'provider_rate_limited'],
    [429, 'insufficient_quota', 'provider_rejected'],
    [500, 'api_error', 'provider_unavailable'],
    [503, 'server_error', 'provider_unavailable'],
    [529, 'overloaded_error', 'provider_unavailable'],
  ])('reads HTTP %i %s as %s, after one request', async (status, type, code) => {
    const url = await serve((response) =>
      sendJson(response, { status, body: body(protocol, type, `about ${apiKey}`) }),
    );
    const error = await failureOf(protocol, url);
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ protocol, baseUrl: url, status, reason: type, model: 'some-model' });
    expect(provider?.calls).toHaveLength(1);
  });

  it('never reads the message to decide', async () => {
    const url = await serve((response) =>
      sendJson(response, {
        status: 400,
        body: body(protocol, 'invalid_request_error', 'unauthorized rate limit overloaded model not found'),
      }),
    );
    expect((await failureOf(protocol, url)).code).toBe('provider_rejected');
  });

  it('repeats what the provider says of a rejected request, without the key and cut short', async () => {
    const url = await serve((response) =>
      sendJson(response, {
        status: 400,
        body: body(protocol, 'invalid_request_error', `tools.0: bad name (key ${apiKey}) ${'x'.repeat(5_000)}`),
      }),
    );
    const { message } = await failureOf(protocol, url);
    expect(message).toContain('tools.0: bad name (key [key])');
    expect(message.length).toBeLessThan(900);
  });

  it.each([
    ['retry-after-ms', '1500', 1_500],
    ['retry-after', '7', 7_000],
    ['retry-after', '86400', 600_000],
  ])('waits as long as %s: %s says, within reason', async (name, value, ms) => {
    const url = await serve((response) =>
      sendJson(response, { status: 429, body: body(protocol, 'rate_limit_error', 'slow'), headers: { [name]: value } }),
    );
    expect((await failureOf(protocol, url)).retryAfterMs).toBe(ms);
  });

  it.each([200, 404, 400, 403])('takes a page of HTTP %i for a wrong base URL, and names it', async (status) => {
    const url = await serve((response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end('<html>Sign in</html>');
    });
    const error = await failureOf(protocol, url);
    expect(error.code).toBe('provider_misconfigured');
    expect(error.message).toContain(url);
    expect(error.message).toContain(protocol === 'anthropic' ? 'ANTHROPIC_BASE_URL' : 'OPENAI_BASE_URL');
  });

  it('takes a page of HTTP 502 for a provider that is down', async () => {
    const url = await serve((response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end('<html>Bad gateway</html>');
    });
    expect((await failureOf(protocol, url)).code).toBe('provider_unavailable');
  });

  it('takes an answer that is not streamed for a wrong base URL', async () => {
    const url = await serve((response) => sendJson(response, { status: 200, body: { hello: 'world' } }));
    expect((await failureOf(protocol, url)).code).toBe('provider_misconfigured');
  });

  it('names the variable of a key that is refused', async () => {
    const url = await serve((response) =>
      sendJson(response, { status: 401, body: body(protocol, 'authentication_error', 'no') }),
    );
    expect((await failureOf(protocol, url)).message).toContain(
      protocol === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY',
    );
  });

  it('takes a stream that ends early for a broken one', async () => {
    const url = await serve((response) => sendStream(response, starts[protocol]));
    const error = await failureOf(protocol, url);
    expect([error.code, error.retryable]).toEqual(['provider_stream_broken', true]);
  });

  it('takes a connection cut in the middle of a stream for a broken one', async () => {
    const url = await serve((response) => {
      sendAndHang(response, starts[protocol]);
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failureOf(protocol, url)).code).toBe('provider_stream_broken');
  });

  it.each([
    'data: {"type": "mess\n\n',
    'event: message_start\ndata: {oops}\n\n',
    'data: null\n\nevent: x\ndata: null\n\n',
    '',
  ])('takes the malformed stream %j for a broken one, without printing it', async (text) => {
    const url = await serve((response) => sendStream(response, starts[protocol] + text));
    expect((await failureOf(protocol, url)).code).toBe('provider_stream_broken');
  });

  it('reports an overload that is told inside the stream', async () => {
    const event = { type: 'error', error: { type: 'overloaded_error', code: null, message: 'busy' } };
    const url = await serve((response) => sendStream(response, starts[protocol] + namedEvents([event])));
    expect((await failureOf(protocol, url)).code).toBe('provider_unavailable');
  });

  it('takes a refused connection for a provider that is down', async () => {
    const url = await serve(() => undefined);
    await provider?.close();
    provider = undefined;
    const error = await failureOf(protocol, url);
    expect([error.code, error.details['connection']]).toEqual(['provider_unavailable', 'ECONNREFUSED']);
  });

  it('takes a reset connection for a provider that is down', async () => {
    const url = await serve((response) => response.destroy());
    expect((await failureOf(protocol, url)).code).toBe('provider_unavailable');
  });

  it('takes a name that does not resolve for a provider that is down', async () => {
    expect((await failureOf(protocol, 'http://nothing.invalid')).code).toBe('provider_unavailable');
  });

  it('takes a server that speaks no TLS for a wrong base URL', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('hello, no TLS here\n');
    });
    await new Promise<void>((listening) => plain.listen(0, '127.0.0.1', listening));
    const { port } = plain.address() as { port: number };
    const error = await failureOf(protocol, `https://127.0.0.1:${port}`);
    plain.close();
    expect([error.code, error.details['connection']]).toEqual([
      'provider_misconfigured',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ]);
  });

  it('gives up on a provider that never answers, and on one that falls silent', async () => {
    const mute = await serve(() => undefined);
    expect((await failureOf(protocol, mute, { requestTimeoutMs: 50 })).code).toBe('provider_unavailable');
    await provider?.close();
    const silent = await serve((response) => sendAndHang(response, starts[protocol]));
    const error = await failureOf(protocol, silent, { requestTimeoutMs: 50 });
    expect(error.code).toBe('provider_unavailable');
    expect(error.message).toContain('silent for 0.05 s');
  });

  it('ends at once when cancelled, before the answer and in its middle, with the reason given', async () => {
    const reason = new Error('the run was cancelled');
    for (const answer of [() => undefined, (response: ServerResponse) => sendAndHang(response, starts[protocol])]) {
      const controller = new AbortController();
      const baseUrl = await serve((response) => {
        answer(response);
        setTimeout(() => controller.abort(reason), 20);
      });
      const client = createModelClient({ protocol, baseUrl, apiKey });
      await expect(client.call(sampleRequest, { signal: controller.signal })).rejects.toBe(reason);
      await provider?.close();
    }
    provider = undefined;
  });

  it('sends nothing when it is cancelled already', async () => {
    const baseUrl = await serve(() => undefined);
    const client = createModelClient({ protocol, baseUrl, apiKey });
    await expect(client.call(sampleRequest, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    expect(provider?.calls).toEqual([]);
  });
});

describe('what only some providers say', () => {
  it('reads a model that a compatible server does not have from the parameter it names', async () => {
    const url = await serve((response) =>
      sendJson(response, {
        status: 404,
        body: { error: { message: 'gone', type: 'invalid_request_error', param: 'model', code: 404 } },
      }),
    );
    expect((await failureOf('openai_chat', url)).code).toBe('model_unknown');
  });

  it.each(['model_not_found', 'insufficient_quota'])('reads the code %s whatever the type is', async (code) => {
    const status = code === 'model_not_found' ? 404 : 429;
    const url = await serve((response) =>
      sendJson(response, {
        status,
        body: { error: { message: 'x', type: 'invalid_request_error', param: null, code } },
      }),
    );
    const expected = code === 'model_not_found' ? 'model_unknown' : 'provider_rejected';
    expect((await failureOf('openai_responses', url)).code).toBe(expected);
  });

  it("reads Anthropic's spend limit as no rate limit: waiting does not lift it", async () => {
    const error = { type: 'rate_limit_error', message: 'x', details: { error_code: 'enforced_spend_limit_reached' } };
    const url = await serve((response) =>
      sendJson(response, { status: 429, body: { type: 'error', error }, headers: { 'retry-after': '5' } }),
    );
    const failure = await failureOf('anthropic', url);
    expect([failure.code, failure.retryable, failure.retryAfterMs]).toEqual(['provider_rejected', false, undefined]);
  });

  it.each([
    ['server_error', 'provider_unavailable'],
    ['rate_limit_exceeded', 'provider_rate_limited'],
    ['invalid_prompt', 'provider_rejected'],
    ['something_new', 'provider_stream_broken'],
  ])('reads a response that failed with %s as %s', async (code, expected) => {
    const failed = { type: 'response.failed', response: { error: { code, message: 'x' } } };
    const url = await serve((response) => sendStream(response, namedEvents([failed])));
    expect((await failureOf('openai_responses', url)).code).toBe(expected);
  });
});

describe('an endpoint that cannot be used', () => {
  it.each([
    ['not a url', 'is not an http'],
    ['ftp://example.com', 'is not an http'],
    [`https://user:${apiKey}@example.com`, 'holds credentials'],
    ['https://example.com/v1?key=1', 'plain address'],
  ])('refuses the base URL %s without repeating it', (baseUrl, why) => {
    const create = () => createModelClient({ protocol: 'openai_chat', baseUrl, apiKey });
    expect(create).toThrow(
      expect.objectContaining({ code: 'provider_misconfigured', message: expect.stringContaining(why) as string }),
    );
    expect(create).not.toThrow(expect.objectContaining({ message: expect.stringContaining(baseUrl) as string }));
  });

  it.each([' ', 'sk-two\nlines', 'sk-ünï'])('refuses the key %j, naming its variable and not the key', (bad) => {
    const create = () => createModelClient({ protocol: 'anthropic', apiKey: bad });
    expect(create).toThrow(/ANTHROPIC_API_KEY/);
    expect(create).not.toThrow(/two|ün/);
  });

  it('lets a defect of ours through as what it is', async () => {
    const client = createModelClient({ protocol: 'anthropic', apiKey });
    const broken = { ...sampleRequest, messages: null } as unknown as typeof sampleRequest;
    await expect(client.call(broken)).rejects.toThrow(TypeError);
  });
});
