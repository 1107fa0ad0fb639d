import type { IncomingHttpHeaders } from 'node:http';

const keyHeaders = ['x-api-key', 'api-key', 'x-goog-api-key'];

/** True when the request carries a key in any of the ways that providers accept. Which key does not matter. */
export function hasCredentials(headers: IncomingHttpHeaders, query: URLSearchParams): boolean {
  if (/^bearer \S/i.test(headers.authorization ?? '')) return true;
  return keyHeaders.some((name) => headers[name]) || Boolean(query.get('key'));
}
