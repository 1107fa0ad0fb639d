import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EgressProxy, startEgressProxy, type Verdict } from './egress-proxy.js';
import { createHostRules, parseHosts } from './host-rules.js';
import { upstreamProxyOf } from './upstream-proxy.js';

let folder: string;
let proxy: EgressProxy;
let server: Server;
let port: number;
let asked: IncomingMessage[];
let verdicts: Verdict[];
const endings: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-proxy-'));
  asked = [];
  verdicts = [];
  server = createServer((request, response) => {
    asked.push(request);
    const status = request.url === '/moved' ? 302 : 200;
    response.writeHead(status, { connection: 'close', 'x-kept': 'yes', location: 'http://unlisted.example/' });
    if (request.method === 'GET') response.end('outside');
    else request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
  for (const end of endings.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (hosts: string, addresses: Record<string, string[]> = {}): Promise<void> => {
  const rules = createHostRules(parseHosts(hosts).filter((rule) => rule !== null));
  const resolve = async (host: string): Promise<string[]> => addresses[host] ?? Promise.reject(new Error('unknown'));
  const onVerdict = (verdict: Verdict): void => void verdicts.push(verdict);
  proxy = await startEgressProxy({ socket: join(folder, 'socket'), rules, resolve, onVerdict });
};

/** Sends bytes to the proxy and gives back everything that comes until it closes. */
async function send(...parts: string[]): Promise<string> {
  const socket = connect(join(folder, 'socket'));
  endings.push(() => socket.destroy());
  const answer = text(socket);
  for (const part of parts) socket.write(part);
  return answer;
}

const get = (address: string, headers = 'Host: any\r\n'): Promise<string> =>
  send(`GET ${address} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
const tunnelTo = (authority: string): Promise<string> =>
  send(`CONNECT ${authority} HTTP/1.1\r\n\r\n`, 'GET / HTTP/1.1\r\nHost: inner\r\nConnection: close\r\n\r\n');

describe('the proxy of a sandbox', () => {
  it('leads a tunnel to a listed host at the address that it has checked', async () => {
    await start(`listed.example:${port},127.0.0.1/32`, { 'listed.example': ['127.0.0.1'] });
    const answer = await tunnelTo(`listed.example:${port}`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*outside/s);
    expect(verdicts).toEqual([{ host: 'listed.example', port, allowed: true }]);
  });

  it('leads to no other host, port or address, and says so', async () => {
    await start(`listed.example:${port},127.0.0.1/32`, {
      ...{ 'listed.example': ['127.0.0.1'], 'unlisted.example': ['127.0.0.1'] },
    });
    const refused = [`unlisted.example:${port}`, `listed.example:${port + 1}`, `127.0.0.1:${port}`, `[::1]:${port}`];
    for (const authority of refused)
      expect(await tunnelTo(authority), authority).toMatch(/^HTTP\/1\.1 403 .*not among/s);
    expect(await tunnelTo('nonsense')).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toEqual([]);
    expect(verdicts.every(({ allowed }) => !allowed)).toBe(true);
  });

  it('does not lead inwards by a listed name that stands for this machine', async () => {
    await start(`rebound.example:${port}`, { 'rebound.example': ['127.0.0.1', '::ffff:127.0.0.1', '10.0.0.1'] });
    expect(await tunnelTo(`rebound.example:${port}`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(await get(`http://rebound.example:${port}/`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toEqual([]);
  });

  it('asks for the addresses once, so that a name cannot change between check and use', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const rules = createHostRules(parseHosts(`turning.example:${port},127.0.0.1/32`).filter((rule) => rule !== null));
    let times = 0;
    const resolve = async (): Promise<string[]> => answers[times++] ?? [];
    proxy = await startEgressProxy({ socket: join(folder, 'socket'), rules, resolve });
    expect(await tunnelTo(`turning.example:${port}`)).toContain('outside');
    expect(times).toBe(1);
  });

  it('passes a plain request on under the host of its address, whatever its Host says', async () => {
    await start(`listed.example:${port},127.0.0.1/32`, { 'listed.example': ['127.0.0.1'] });
    const headers = 'Host: elsewhere.example\r\nProxy-Authorization: Basic eDp5\r\nX-Mine: yes\r\n';
    const answer = await get(`http://listed.example:${port}/path?query`, headers);
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*x-kept: yes.*outside/is);
    expect(asked.map(({ url, headers: got }) => [url, got.host, got['x-mine'], got['proxy-authorization']])).toEqual([
      ['/path?query', `listed.example:${port}`, 'yes', undefined],
    ]);
  });

  it('refuses plain requests to others, without a whole address, and redirected ones when they come', async () => {
    await start(`listed.example:${port},127.0.0.1/32`, { 'listed.example': ['127.0.0.1'] });
    expect(await get(`http://listed.example:${port}/moved`)).toMatch(/^HTTP\/1\.1 302 /);
    expect(await get('http://unlisted.example/')).toMatch(/^HTTP\/1\.1 403 .*FERMATA_SANDBOX_HOSTS/s);
    expect(await get('/', `Host: listed.example:${port}\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await get(`https://listed.example:${port}/`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await get(`ftp://listed.example:${port}/`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('passes bodies on in both directions', async () => {
    await start(`listed.example:${port},127.0.0.1/32`, { 'listed.example': ['127.0.0.1'] });
    const body = 'x'.repeat(100_000);
    const head = `POST http://listed.example:${port}/ HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    expect((await send(head, body)).length).toBeGreaterThan(body.length);
  });

  it('goes through the proxy of this machine where there is one, and judges all the same', async () => {
    // Our own proxy is one like any other: it stands for that of the machine here.
    const outer = join(folder, 'outer');
    const rules = createHostRules(parseHosts(`listed.example:${port},127.0.0.1/32`).filter((rule) => rule !== null));
    const upstreamProxy = await startEgressProxy({ socket: outer, rules, resolve: async () => ['127.0.0.1'] });
    const door = createTcpServer((socket) => socket.pipe(connect(outer)).pipe(socket));
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    endings.push(
      () => void door.close(),
      () => void upstreamProxy.close(),
    );
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(door.address() as AddressInfo).port}`, NO_PROXY: 'direct.example' };
    const listed = createHostRules(
      parseHosts(`listed.example:${port},direct.example:${port}`).filter((rule) => rule !== null),
    );
    const upstream = upstreamProxyOf(env);
    proxy = await startEgressProxy({
      socket: join(folder, 'socket'),
      rules: listed,
      resolve: async () => [],
      upstream,
    });
    expect(await tunnelTo(`listed.example:${port}`)).toContain('outside');
    expect(await get(`http://listed.example:${port}/`)).toContain('outside');
    expect(await tunnelTo(`unlisted.example:${port}`)).toMatch(/^HTTP\/1\.1 403 /);
    // Without it there are no addresses here.
    expect(await tunnelTo(`direct.example:${port}`)).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toHaveLength(2);
  });

  it('says when a listed host cannot be reached', async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port: free } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await start(`listed.example:${free},127.0.0.1/32`, { 'listed.example': ['127.0.0.1'] });
    expect(await tunnelTo(`listed.example:${free}`)).toMatch(/^HTTP\/1\.1 502 /);
    expect(await get(`http://listed.example:${free}/`)).toMatch(/^HTTP\/1\.1 502 /);
  });
});
