import { lookup } from 'node:dns/promises';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { kindOfAddress } from '../sandbox/index.js';
import { toolFailed } from './tool.js';

export interface PageOrder {
  url: URL;
  /** Hosts whose addresses may be private, or this machine's own. */
  inwardHosts: readonly string[];
  signal: AbortSignal;
}

export type Page =
  | { kind: 'page'; url: URL; status: number; contentType: string; body: Buffer; truncated: boolean }
  /** It leads to another host, which must be asked for by itself: only this one was judged. */
  | { kind: 'elsewhere'; url: URL; to: URL };

const timeoutMs = 30_000;
const maxBytes = 5 * 1024 * 1024;
const maxRedirects = 5;

/**
 * Gets a page. Nothing of ours goes with it: no cookie, no credential. The address of the host is found once and checked
 * before it is connected to, so that no name leads to this machine, its network, or a cloud's metadata.
 * @throws DomainError `tool_failed` with what is wrong; the reason of `signal`
 */
export async function fetchPage({ url, inwardHosts, signal }: PageOrder): Promise<Page> {
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const page = await getOnce({ url: current, inwardHosts, signal });
    const { statusCode = 0, headers } = page;
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) return readPage(current, page);
    page.destroy();
    const to = new URL(headers.location, current);
    if (to.host !== url.host || !['http:', 'https:'].includes(to.protocol)) return { kind: 'elsewhere', url, to };
    current = to;
  }
  throw toolFailed(`${url.href} leads in a circle: after ${maxRedirects} redirects there is still another`);
}

async function getOnce({ url, inwardHosts, signal }: PageOrder): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const checked = checkedLookup(inwardHosts.includes(host));
  if (isIP(host) !== 0) refuseInward(host, [host], inwardHosts.includes(host));
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    lookup: checked,
    agent: false,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      'user-agent': 'Fermata',
      accept: 'text/html, text/*, application/json, */*;q=0.1',
      'accept-encoding': 'identity',
    },
  });
  return answerOf(request).catch((error: unknown) => {
    signal.throwIfAborted();
    throw notFetched(url, error);
  });
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.end();
  });
}

/** A name is looked up here, and what is connected to is what was checked. */
function checkedLookup(mayBeInward: boolean): LookupFunction {
  return (host, options, answer) => {
    lookup(host, { all: true, family: options.family === 4 || options.family === 6 ? options.family : 0 })
      .then((found) => {
        refuseInward(
          host,
          found.map(({ address }) => address),
          mayBeInward,
        );
        const [first] = found;
        if (options.all === true) answer(null, found);
        else answer(null, first?.address ?? '', first?.family);
      })
      .catch((error: unknown) => answer(error as NodeJS.ErrnoException, ''));
  };
}

function refuseInward(host: string, addresses: readonly string[], mayBeInward: boolean): void {
  const inward = addresses.find((address) => kindOfAddress(address) !== 'public');
  if (inward === undefined || mayBeInward) return;
  throw toolFailed(
    `${host} is at ${inward}, which is not a public address. Only a person can open it, by listing exactly this host in the hosts of the agent's policy`,
  );
}

function notFetched(url: URL, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'DomainError') return error;
  const code = 'code' in error ? String(error.code) : error.name;
  const why = code === 'TimeoutError' || code === 'ABORT_ERR' ? `no answer within ${timeoutMs / 1000} s` : code;
  return toolFailed(`${url.href} could not be fetched: ${why}`);
}

async function readPage(url: URL, answer: IncomingMessage): Promise<Page> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    throw notFetched(url, error);
  }
  answer.destroy();
  return {
    kind: 'page',
    url,
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? 'text/plain',
    body: Buffer.concat(chunks).subarray(0, maxBytes),
    truncated: bytes > maxBytes,
  };
}
