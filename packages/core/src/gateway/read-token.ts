import type { IncomingHttpHeaders } from 'node:http';

/** The token of a request, in whichever of the ways its client sends keys; null when there is none. */
export function readToken(headers: IncomingHttpHeaders, query: URLSearchParams): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const candidates = [single(headers['x-api-key']), bearer, single(headers['x-goog-api-key']), query.get('key')];
  return candidates.find((candidate) => candidate) ?? null;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
