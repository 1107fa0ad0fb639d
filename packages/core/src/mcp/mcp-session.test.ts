import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { describeResult } from './describe-result.js';
import { httpTransport } from './http-transport.js';
import { createServerScripts } from './mcp-server.fixture.js';
import { McpSession } from './mcp-session.js';
import { StdioTransport } from './stdio-transport.js';

const scripts = createServerScripts();
afterAll(() => scripts.remove());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const never = new AbortController().signal;
const patient = { signal: never, timeoutMs: 20_000 };

interface Opening {
  timeoutMs?: number;
  secrets?: string[];
  env?: Record<string, string>;
}

async function opened(command: string, args: string[], { timeoutMs = 20_000, secrets = [], env }: Opening = {}) {
  const transport = new StdioTransport({
    ...{ command, args, cwd: tmpdir(), graceMs: 200 },
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  const session = await McpSession.open({ name: 'it', transport, secrets }, { signal: never, timeoutMs });
  endings.push(() => session.close());
  return session;
}

/** A server whose answers are those of its test. */
const scripted = (answers: string, opening?: Opening) => opened(process.execPath, scripts.write(answers), opening);
const call = (session: McpSession, timeoutMs = 20_000, signal = never) =>
  session.callTool({ tool: 'act', input: {} }, { signal, timeoutMs });

describe('a server that is a published program', () => {
  it('lists its tools and answers calls of them, in the environment that it is given and no other', async () => {
    const session = await opened('mcp-server-everything', ['stdio'], { env: { OF_ITS_OWN: 'value' } });
    const tools = await session.listTools(patient);
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'get-sum', 'get-tiny-image']));
    const asked = async (tool: string, input = {}) => describeResult(await session.callTool({ tool, input }, patient));
    expect(await asked('get-sum', { a: 2, b: 40 })).toContain('42');
    expect(await asked('get-tiny-image')).toMatch(/\[image, image\/png, \d+ bytes: not shown\]/);
    const environment = JSON.parse(await asked('get-env')) as Record<string, string>;
    expect(environment).toMatchObject({ OF_ITS_OWN: 'value' });
    expect(Object.keys(environment)).not.toContain('HOME');
  });
});

describe('a hostile server', () => {
  it('that is not there is named with its program', async () => {
    await expect(opened('no-such-program', [])).rejects.toMatchObject({
      code: 'tool_failed',
      message: expect.stringContaining('could not be started: no-such-program was not found') as unknown,
    });
  });

  it('that prints what is no message is told with it, when nothing else comes', async () => {
    const args = ['-e', 'console.log("Usage: give me a file"); setInterval(() => {}, 1000)'];
    const opening = opened(process.execPath, args, { timeoutMs: 1_000 });
    await expect(opening).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('no message of the protocol: Usage: give me a file') as unknown,
    });
  });

  it('that greets before it speaks the protocol is understood', async () => {
    const session = await scripted('(console.log("Welcome!"), {})');
    expect(describeResult(await call(session))).toBe('did act');
  });

  it('that ends in the middle of a call says how, and that the call may have happened', async () => {
    const session = await scripted(
      `{ 'tools/call': () => { console.error('oh no'); process.kill(process.pid, 'SIGKILL'); } }`,
    );
    const failure = call(session);
    await expect(failure).rejects.toThrow(
      /has ended \(exit code SIGKILL\)(: oh no)?\. The call may have been carried out/,
    );
    expect(session.isUsable).toBe(false);
  });

  it('that never answers is given up after its time, and ended', async () => {
    const session = await scripted(`{ 'tools/call': () => new Promise(() => {}) }`);
    await expect(call(session, 300)).rejects.toMatchObject({ code: 'timeout' });
    await session.ended;
    expect(session.isUsable).toBe(false);
  });

  it('that does not put its call down when that is cancelled is ended within seconds', async () => {
    const session = await scripted(`process.on('SIGTERM', () => {}), { 'tools/call': () => new Promise(() => {}) }`);
    const cancel = new AbortController();
    const [reason, startedAt] = [new Error('cancelled by a person'), performance.now()];
    setTimeout(() => cancel.abort(reason), 100);
    await expect(call(session, 20_000, cancel.signal)).rejects.toBe(reason);
    await session.ended;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it.each([
    ['one message', `text('x'.repeat(100 * 1024 * 1024))`],
    [
      'many messages',
      `{ for (;;) { send({ method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(65536) } }); await new Promise(setImmediate); } }`,
    ],
    [
      'one line without an end',
      `new Promise(() => { for (let i = 0; i < 100; i += 1) process.stdout.write('x'.repeat(1024 * 1024)); })`,
    ],
  ])('that floods us with %s is ended', async (_name, flood) => {
    const before = process.memoryUsage().rss;
    const answer = flood.startsWith('{') ? `async () => ${flood}` : `() => ${flood}`;
    const session = await scripted(`{ 'tools/call': ${answer} }`);
    await expect(call(session)).rejects.toThrow('sent more than 8 MiB at once');
    await session.ended;
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });

  it('that refuses a call stays at work', async () => {
    const session = await scripted(`{ 'tools/call': () => { throw new Error('not today'); } }`);
    await expect(call(session)).rejects.toThrow('The MCP server it refused: not today');
    expect(session.isUsable).toBe(true);
  });

  it('that promises a shape of its answers and gives another is shown as it is', async () => {
    const outputSchema = `{ type: 'object', properties: { a: { type: 'string', pattern: '(' } }, required: ['a'] }`;
    const session = await scripted(
      `{ 'tools/list': () => ({ tools: [{ ...tool('act'), outputSchema: ${outputSchema} }] }), 'tools/call': () => text('plain') }`,
    );
    await session.listTools(patient);
    expect(describeResult(await call(session))).toBe('plain');
  });

  it('that answers with what is no result is told so', async () => {
    const session = await scripted(`{ 'tools/call': () => ({ content: 'hello' }) }`);
    await expect(call(session)).rejects.toMatchObject({ code: 'tool_failed' });
  });

  it('has no say in how its list ends', async () => {
    const session = await scripted(
      `{ 'tools/list': () => ({ tools: [tool('act')], nextCursor: String(Math.random()) }) }`,
    );
    await expect(session.listTools(patient)).rejects.toMatchObject({ code: 'tool_failed' });
  });

  it('does not get its secret into what is told of it', async () => {
    const hidden = 'sk-very-secret-value';
    const session = await scripted(`{ 'tools/call': () => { throw new Error('bad key ' + process.env.API_KEY); } }`, {
      secrets: [hidden],
      env: { API_KEY: hidden },
    });
    await expect(call(session)).rejects.toThrow('bad key [concealed]');
  });
});

/** A server on loopback. */
async function serving(
  listener: RequestListener,
): Promise<{ url: string; asked: { host: string; headers: object }[] }> {
  const asked: { host: string; headers: object }[] = [];
  const server = createServer((request, response) => {
    asked.push({ host: request.headers.host ?? '', headers: request.headers });
    listener(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, asked };
}

const reach = (url: string, headers = {}, timeoutMs = 5_000) =>
  McpSession.open(
    { name: 'web', transport: httpTransport({ name: 'web', transport: 'http', url, headers }), secrets: [] },
    { signal: never, timeoutMs },
  );

describe('a server on the network', () => {
  it('is asked with the headers of its own configuration', async () => {
    const { url, asked } = await serving((_request, response) => void response.writeHead(401).end());
    await expect(reach(url, { Authorization: 'Bearer its-own' })).rejects.toThrow(/The MCP server web/);
    expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer its-own' });
    expect(asked[0]?.headers).not.toHaveProperty('cookie');
  });

  it.each([301, 302, 307, 308])('that redirects (%d) is not followed, and sends no header there', async (status) => {
    const elsewhere = await serving((_request, response) => void response.writeHead(200).end());
    const { url } = await serving(
      (_request, response) => void response.writeHead(status, { location: elsewhere.url }).end(),
    );
    await expect(reach(url, { 'X-Key': 'k' })).rejects.toThrow(`redirects to another address (HTTP ${status})`);
    expect(elsewhere.asked).toEqual([]);
  });

  it('that floods us is cut off', async () => {
    let sent = 0;
    const { url } = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && sent < 100 * 1024 * 1024 && response.write('x'.repeat(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    await expect(reach(url)).rejects.toThrow('sent more than 8 MiB at once');
    await sleep(100);
    expect(sent).toBeLessThan(50 * 1024 * 1024);
  });

  it('that never answers is given up', async () => {
    const { url } = await serving(() => undefined);
    await expect(reach(url, {}, 300)).rejects.toMatchObject({ code: 'timeout' });
  });
});
