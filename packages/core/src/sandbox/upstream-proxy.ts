import { request } from 'node:http';
import type { Socket } from 'node:net';

/** The proxy through which this machine itself reaches the network: it finds the addresses of names, not we. */
export interface UpstreamProxy {
  host: string;
  port: number;
  /** Hosts that are reached without it, each with everything below it; `*` is all. */
  except: readonly string[];
}

/** As the environment names it: for http and https one and the same, as everywhere today. Null when there is none. */
export function upstreamProxyOf(env: Readonly<Record<string, string>>): UpstreamProxy | null {
  const named = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].flatMap((name) => env[name] || []);
  const [address] = named.filter((text) => URL.canParse(text) && new URL(text).protocol === 'http:');
  if (address === undefined) return null;
  const { hostname, port } = new URL(address);
  const except = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').flatMap((one) => one.trim().toLowerCase() || []);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80), except };
}

/** Whether a host is reached through it. */
export function leadsThrough({ except }: UpstreamProxy, host: string): boolean {
  const name = host.toLowerCase();
  return !except.some(
    (one) => one === '*' || name === one.replace(/^\*?\./, '') || name.endsWith(`.${one.replace(/^\*?\./, '')}`),
  );
}

/** A connection to a host through it; null when it refuses or cannot be reached. */
export function connectThrough(
  { host, port }: UpstreamProxy,
  destination: { host: string; port: number },
  timeoutMs: number,
): Promise<Socket | null> {
  return new Promise((resolve) => {
    const path = `${destination.host.includes(':') ? `[${destination.host}]` : destination.host}:${destination.port}`;
    const asked = request({ host, port, method: 'CONNECT', path, headers: { host: path } });
    asked.setTimeout(timeoutMs, () => asked.destroy(new Error('it takes too long')));
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      resolve(null);
    });
    asked.once('response', () => {
      asked.destroy();
      resolve(null);
    });
    asked.once('error', () => resolve(null));
    asked.end();
  });
}
