import type { IncomingHttpHeaders } from 'node:http';
import { sha256 } from '../conversations/conversation.js';

const secretHeaders = /^(authorization|proxy-authorization|cookie|api-key|x-api-key|x-goog-api-key)$|token|secret/;

/** Headers fit for a log: what may be a secret is shown only as the beginning of its digest, so keys can be told apart. */
export function redactHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const text = Array.isArray(value) ? value.join(', ') : value;
      return [[name, secretHeaders.test(name) ? `sha256:${sha256(text).slice(0, 12)}` : text]];
    }),
  );
}
