import { describe, expect, it } from 'vitest';
import { type GatewayPorts, mintGatewayToken, startGateway } from './index.js';
import { lastly } from './gateway.fixture.js';

async function gatewayWith(toolsOf: NonNullable<GatewayPorts['toolsOf']>) {
  const { token, hash } = mintGatewayToken();
  const grant = {
    ...{ tokenHash: hash, workspaceId: 'ws_1', agentRunId: 'run_1', okrRunId: 'okr_1', taskId: null },
    ...{ models: [], budgetSubjectIds: [] },
  };
  const never = () => Promise.reject(new Error('no model is asked here'));
  const gateway = await startGateway({
    limits: { bodyBytes: 100 },
    ports: {
      grantOf: (given) => Promise.resolve(given === hash ? grant : null),
      upstreamFor: never,
      ledger: { begin: never, end: never, waiting: never },
      toolsOf,
    },
  });
  lastly(() => gateway.close());
  const ask = (key: string | null, init: RequestInit = {}) =>
    fetch(`${gateway.url}/mcp`, { headers: key === null ? {} : { authorization: `Bearer ${key}` }, ...init });
  return { token, ask };
}

describe('our own tools at the gateway', () => {
  it('are asked with what the client sent, but for its token', async () => {
    const { token, ask } = await gatewayWith(({ agentRunId }) => async (request) => {
      const heard = { agentRunId, method: request.method, key: request.headers.get('authorization') };
      return Response.json({ ...heard, body: await request.text() }, { status: 201 });
    });
    const answer = await ask(token, { method: 'POST', body: '{"a":1}' });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ agentRunId: 'run_1', method: 'POST', key: null, body: '{"a":1}' });
  });

  it('answer in a stream piece by piece, and hear when the client goes', async () => {
    let gone = false;
    const { token, ask } = await gatewayWith(() => (request) => {
      request.signal.addEventListener('abort', () => (gone = true));
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      });
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    });
    const client = new AbortController();
    const answer = await ask(token, { signal: client.signal });
    const first = await answer.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value as Uint8Array)).toBe('data: 1\n\n');
    client.abort();
    await expect.poll(() => gone).toBe(true);
  });

  it('are not there for a foreign token, for a run without any, and for more than is taken', async () => {
    const { token, ask } = await gatewayWith(() => null);
    expect((await ask(null)).status).toBe(401);
    expect((await ask('fgw_foreign')).status).toBe(401);
    expect((await ask(token)).status).toBe(404);
    const open = await gatewayWith(() => () => Promise.resolve(new Response('ok')));
    expect((await open.ask(open.token, { method: 'POST', body: 'x'.repeat(200) })).status).toBe(413);
  });
});
