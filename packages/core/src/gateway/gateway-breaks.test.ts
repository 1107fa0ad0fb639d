import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { drain, lastly, startWorld, until } from './gateway.fixture.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const request = { model: 'm-1', max_tokens: 500, messages };
const text = 'a long answer in many pieces, '.repeat(20);
const streamed = (stream: object) => ({ rules: [{ name: 'any', match: {}, answer: { text, stream } }] });

async function startUpstream(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lastly(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a stream that breaks', () => {
  it('by the provider is broken for the client, too, and booked for what came', async () => {
    const { anthropic, ledger } = await startWorld({ script: streamed({ cutAfterChunks: 5 }) });
    await expect(anthropic.messages.stream(request).finalMessage()).rejects.toThrow();
    await until(() => ledger.ends.length === 1);
    const [end] = ledger.ends;
    expect(end).toMatchObject({ outcome: 'broken', usage: { estimated: true, outputTokens: (5 * 32) / 4 } });
    expect(end!.costMicros).toBe(end!.usage.inputTokens * 2 + 40 * 10);
    expect(ledger.heldMicros).toBe(0);
  });

  it('without a closing event is no answer', async () => {
    const { openai, ledger } = await startWorld({ script: streamed({ endAfterChunks: 5 }) });
    await drain(await openai.chat.completions.create({ model: 'm-1', messages, stream: true }));
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', usage: { estimated: true, outputTokens: 40 } }]);
  });

  it('by silence is ended in the words of the protocol', async () => {
    const { anthropic, ledger } = await startWorld({
      script: streamed({ stallAfterChunks: 2 }),
      limits: { silenceMs: 200 },
    });
    await expect(anthropic.messages.stream(request).finalMessage()).rejects.toThrow(/Nothing came from the provider/);
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', usage: { outputTokens: 16 } }]);
  });

  it('by its client is ended at the provider, and booked', async () => {
    const { anthropic, ledger, model } = await startWorld({ script: streamed({ chunkDelayMs: 20 }) });
    const stream = await anthropic.messages.create({ ...request, stream: true });
    let chunks = 0;
    for await (const event of stream) {
      if (event.type === 'content_block_delta') chunks += 1;
      if (chunks === 3) break;
    }
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', usage: { estimated: true } }]);
    expect(ledger.ends[0]!.usage.outputTokens).toBeLessThan(text.length / 4);
    await until(() => model.requests()[0]!.outcome === 'abandoned');
  });

  it('by the gateway, when it closes, is booked before it has closed', async () => {
    const { anthropic, ledger, gateway } = await startWorld({ script: streamed({ chunkDelayMs: 20 }) });
    const stream = await anthropic.messages.create({ ...request, stream: true });
    const reading = drain(stream);
    reading.catch(() => undefined);
    await until(() => ledger.begins.length === 1);
    await gateway.close();
    expect(ledger).toMatchObject({ ends: [{ outcome: 'broken' }], heldMicros: 0 });
    await expect(reading).rejects.toThrow();
    await gateway.close();
  });
});

describe('an answer that is not streamed', () => {
  it('is booked as an estimate when it is cut', async () => {
    const { anthropic, ledger } = await startWorld({ script: streamed({ cutAfterChunks: 1 }) });
    await expect(anthropic.messages.create(request)).rejects.toThrow();
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', usage: { estimated: true, outputTokens: 0 } }]);
    expect(ledger.ends[0]!.usage.inputTokens).toBeGreaterThan(10);
  });

  it('is booked as an estimate when it says nothing of its usage', async () => {
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      response.setHeader('content-type', 'application/json');
      incoming.on('end', () => response.end('{"model":"other","choices":[{"message":{"content":"12345678"}}]}'));
    });
    const { post, ledger } = await startWorld({ upstreamUrl: url });
    expect((await post('/v1/chat/completions', request)).status).toBe(200);
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', model: 'other', usage: { estimated: true } }]);
    expect(ledger.ends[0]!.usage.outputTokens).toBeGreaterThan(1);
  });
});

describe('a provider', () => {
  it('that cannot be reached costs nothing', async () => {
    const { anthropic, ledger, signs } = await startWorld({ upstreamUrl: 'http://127.0.0.1:1' });
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 502 });
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'refused', status: null, costMicros: 0 }]);
    expect(signs).toMatchObject([{ status: null }]);
  });

  it('that says nothing is given up, and may have billed the prompt', async () => {
    const script = { rules: [{ name: 'hang', match: {}, fail: { hang: true as const } }] };
    const { anthropic, ledger } = await startWorld({ script, limits: { silenceMs: 100 } });
    await expect(anthropic.messages.create(request)).rejects.toMatchObject({ status: 504 });
    await until(() => ledger.ends.length === 1);
    expect(ledger.ends).toMatchObject([{ outcome: 'broken', usage: { estimated: true, outputTokens: 0 } }]);
    expect(ledger.ends[0]!.costMicros).toBeGreaterThan(0);
  });

  it('that packs its answer is refused', async () => {
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end('x');
    });
    const { anthropic } = await startWorld({ upstreamUrl: url });
    await expect(anthropic.messages.create(request)).rejects.toThrow(/answers as gzip/);
  });

  it('is asked over the connection that is open already', async () => {
    let connections = 0;
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => response.end('{}'));
      if (!('counted' in incoming.socket)) connections += 1;
      Object.assign(incoming.socket, { counted: true });
    });
    const { post } = await startWorld({ upstreamUrl: url });
    for (let call = 0; call < 5; call += 1) await (await post('/v1/messages', request)).text();
    expect(connections).toBe(1);
  });
});

describe('a slow client', () => {
  it('slows the provider down, and is not taken for a silent one', async () => {
    const piece = `data: ${'x'.repeat(64 * 1024)}\n\n`;
    let written = 0;
    const url = await startUpstream((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        let room = true;
        for (; room && written < 1_000; written += 1) room = response.write(piece);
        if (written < 1_000) response.once('drain', write);
        else response.end();
      };
      write();
    });
    const { gateway, token } = await startWorld({ upstreamUrl: url, limits: { silenceMs: 300 } });
    const warnings: string[] = [];
    const note = ({ name }: Error) => void warnings.push(name);
    process.on('warning', note);
    lastly(async () => void process.off('warning', note));
    const body = JSON.stringify({ ...request, stream: true });
    const socket = connect(gateway.port, '127.0.0.1');
    lastly(async () => void socket.destroy());
    const lines = ['POST /v1/messages HTTP/1.1', 'host: x', `x-api-key: ${token}`, `content-length: ${body.length}`];
    socket.write(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 800));
    const whilePaused = written;
    expect(whilePaused).toBeLessThan(600);
    let received = 0;
    socket.on('data', (bytes) => (received += bytes.length));
    for (let pause = 1; pause <= 15; pause += 1) {
      socket.resume();
      await until(() => received > pause * 2_000_000);
      socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(written).toBe(1_000);
    expect(received).toBeGreaterThan(1_000 * piece.length);
    expect(warnings).toEqual([]);
  });
});
