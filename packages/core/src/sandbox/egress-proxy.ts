import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostRules } from './host-rules.js';
import { connectThrough, leadsThrough, type UpstreamProxy } from './upstream-proxy.js';

/** Host, port and what was decided: all that is ever told of what goes through. */
export interface Verdict {
  host: string;
  port: number;
  allowed: boolean;
}

export interface EgressProxyOptions {
  /** The socket file to listen on. Its folder must be one that nobody else can enter. */
  socket: string;
  rules: HostRules;
  /** The addresses of a name. Default: the system's. */
  resolve?: (host: string) => Promise<readonly string[]>;
  /** The way out of this machine's own network, where there is one. */
  upstream?: UpstreamProxy | null;
  onVerdict?: (verdict: Verdict) => void;
}

export interface EgressProxy {
  close(): Promise<void>;
}

interface Destination {
  host: string;
  port: number;
}

const connectTimeoutMs = 30_000;
const idleTimeoutMs = 10 * 60_000;
const mostAddresses = 4;
const mostConnections = 1_024;
/** Headers that are about one connection and not about the message (RFC 9110, 7.6.1). */
const hopHeaders = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'proxy-authorization'];

/**
 * The one way from a sandbox to the network: a proxy for HTTP, and by CONNECT for anything on top of TCP, that leads to
 * the hosts of its rules and nowhere else. It finds the addresses of names itself and connects to what it has checked,
 * so that a name cannot stand for one address when it is judged and for another when it is used.
 */
export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const open = new Set<Duplex>();
  const server = createServer((asked, answer) => void forward(asked, answer, options));
  server.maxConnections = mostConnections;
  server.on('connection', (socket) => keep(open, socket));
  server.on('connect', (asked, socket, head) => void tunnel(asked, { socket, head, options, open }));
  server.on('upgrade', (_asked, socket) => refuse(socket, 'only requests and CONNECT go through'));
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socket, resolve);
  });
  server.unref();
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function keep(open: Set<Duplex>, socket: Duplex): void {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  socket.on('error', () => socket.destroy());
}

/** How an allowed destination is reached. */
type Way = { through: UpstreamProxy } | { addresses: readonly string[] };

/** Null when it may not be reached. */
async function wayTo(destination: Destination, options: EgressProxyOptions): Promise<Way | null> {
  const { rules, resolve = systemAddresses, upstream, onVerdict } = options;
  const { host, port } = destination;
  const rule = rules.ruleFor(host, port);
  let way: Way | null = null;
  if (rule !== null && upstream && leadsThrough(upstream, host)) way = { through: upstream };
  else if (rule !== null) {
    const found = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
    const addresses = found.filter((address) => rules.mayReach(rule, address)).slice(0, mostAddresses);
    way = addresses.length === 0 ? null : { addresses };
  }
  onVerdict?.({ ...destination, allowed: way !== null });
  return way;
}

async function systemAddresses(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

interface Tunnelling {
  socket: Duplex;
  /** What came together with the order. */
  head: Buffer;
  options: EgressProxyOptions;
  open: Set<Duplex>;
}

async function tunnel(asked: IncomingMessage, { socket, head, options, open }: Tunnelling): Promise<void> {
  socket.on('error', () => socket.destroy());
  const destination = parseAuthority(asked.url ?? '');
  if (destination === null) return refuse(socket, 'CONNECT needs host:port');
  const way = await wayTo(destination, options);
  if (way === null) return refuse(socket, notListed(destination));
  const outside = await connection(way, destination);
  if (outside === null) return refuse(socket, `${destination.host} cannot be reached`, '502 Bad Gateway');
  keep(open, outside);
  if (socket.destroyed) return void outside.destroy();
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
  outside.setTimeout(idleTimeoutMs, () => outside.destroy());
  socket.once('close', () => outside.destroy());
  outside.once('close', () => socket.destroy());
  if (head.length > 0) outside.write(head);
  socket.pipe(outside).pipe(socket);
}

/** `host:port`, with an IPv6 address in brackets. */
function parseAuthority(text: string): Destination | null {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? null : { host, port: Number(port) };
}

async function connection(way: Way, destination: Destination): Promise<Socket | null> {
  if ('through' in way) return connectThrough(way.through, destination, connectTimeoutMs);
  for (const host of way.addresses) {
    const socket = await connected(host, destination.port);
    if (socket !== null) return socket;
  }
  return null;
}

function connected(host: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const giveUp = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.setTimeout(connectTimeoutMs, giveUp);
    socket.once('error', giveUp);
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** A plain request names its host twice, in its address and in its `Host`: only the address counts, and both become it. */
async function forward(asked: IncomingMessage, answer: ServerResponse, options: EgressProxyOptions): Promise<void> {
  const url = URL.canParse(asked.url ?? '') ? new URL(asked.url ?? '') : null;
  if (url?.protocol !== 'http:') return deny(answer, 400, 'this is a proxy: a request needs a whole http:// address');
  const destination = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) };
  const way = await wayTo(destination, options);
  if (way === null) return deny(answer, 403, notListed(destination));
  const passed = Object.entries(asked.headers).filter(([name]) => !hopHeaders.includes(name));
  const headers = { ...Object.fromEntries(passed), host: url.host };
  const order = { ...placeOf(way, url, destination), method: asked.method, headers, setHost: false };
  const outside = request(order, (answered) => {
    const kept = Object.entries(answered.headers).filter(([name]) => !hopHeaders.includes(name));
    answer.writeHead(answered.statusCode ?? 502, Object.fromEntries(kept));
    answered.on('error', () => answer.destroy());
    answered.pipe(answer);
  });
  outside.setTimeout(idleTimeoutMs, () => outside.destroy());
  outside.on('error', () =>
    answer.headersSent ? answer.destroy() : deny(answer, 502, `${url.host} cannot be reached`),
  );
  answer.once('close', () => outside.destroy());
  asked.pipe(outside);
}

/** Where the request is sent, and what it asks for there. */
function placeOf(way: Way, url: URL, { port }: Destination): { host: string | undefined; port: number; path: string } {
  if ('through' in way) return { host: way.through.host, port: way.through.port, path: url.href };
  return { host: way.addresses[0], port, path: `${url.pathname}${url.search}` };
}

const notListed = ({ host, port }: Destination): string =>
  `${host}:${port} is not among the hosts that may be reached from here (FERMATA_SANDBOX_HOSTS)`;

function deny(answer: ServerResponse, status: number, why: string): void {
  answer.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  answer.end(`fermata: ${why}\n`);
}

function refuse(socket: Duplex, why: string, status = '403 Forbidden'): void {
  const text = `fermata: ${why}\n`;
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close`;
  socket.end(`${head}\r\n\r\n${text}`);
}
