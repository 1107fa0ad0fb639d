import type { JsonObject } from '@fermata/contracts';
import type { WireError } from './protocol.js';

const kinds: Readonly<Record<number, { type: string; code: string | null }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  404: { type: 'invalid_request_error', code: 'not_found' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
};

/** The error body of both OpenAI protocols: https://platform.openai.com/docs/guides/error-codes */
export function writeError({ status, message }: WireError): JsonObject {
  const fallback = { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
  const { type, code } = kinds[status] ?? fallback;
  return { error: { message, type, param: null, code } };
}
