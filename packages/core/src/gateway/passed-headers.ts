import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a client may tell a provider. Everything else stays here: keys, cookies, what belongs to the connection, and what
 * would choose another account or address (`openai-organization`, `x-goog-user-project`, `host`).
 */
const upwards =
  /^(accept|content-type|user-agent|anthropic-version|anthropic-beta|openai-beta|x-goog-api-client|x-stainless-[a-z-]+)$/;

/** What a provider may tell a client. Nothing of its account, and no cookie, redirect or encoding. */
const downwards =
  /^(content-type|content-length|cache-control|retry-after|retry-after-ms|x-should-retry|request-id|x-request-id|(anthropic|x)-ratelimit-[a-z-]+)$/;

/** The headers of a request as they go to the provider, without its key. */
export function headersUpwards(headers: IncomingHttpHeaders): Record<string, string> {
  return passed(headers, upwards);
}

/** The headers of an answer as they go to the client. A value that holds the key is left out. */
export function headersDownwards(headers: IncomingHttpHeaders, apiKey: string): Record<string, string> {
  const named = Object.entries(passed(headers, downwards));
  return Object.fromEntries(named.filter(([, value]) => apiKey === '' || !value.includes(apiKey)));
}

function passed(headers: IncomingHttpHeaders, names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && names.test(name) ? [[name, value]] : [],
    ),
  );
}
