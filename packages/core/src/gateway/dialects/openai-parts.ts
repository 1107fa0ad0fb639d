import type { JsonObject } from '@fermata/contracts';
import type { GatewayRefusal } from '../gateway-ports.js';
import type { ReportedUsage } from './dialect.js';
import { countAt, objectAt, objectsAt, textAt } from './json-members.js';

const kinds: Readonly<Record<number, { type: string; code: string }>> = {
  401: { type: 'invalid_request_error', code: 'invalid_api_key' },
  403: { type: 'invalid_request_error', code: 'model_not_found' },
  404: { type: 'invalid_request_error', code: 'not_found' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
};

/** The error body of both OpenAI protocols: https://platform.openai.com/docs/guides/error-codes */
export function writeOpenAiError({ status, message }: GatewayRefusal): JsonObject {
  const fallback = { type: status < 500 ? 'invalid_request_error' : 'server_error', code: null };
  const { type, code } = kinds[status] ?? fallback;
  return { error: { message, type, param: null, code } };
}

export function openAiKeyHeaders(apiKey: string): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` };
}

/** Groups of functions, and what the client looks up or runs by itself. */
const clientRun = new Set(['function', 'custom', 'local_shell', 'apply_patch', 'namespace', 'tool_search']);

export function openAiProviderTools(body: JsonObject): string[] {
  const types = objectsAt(body, 'tools').map((tool) => textAt(tool, 'type') ?? 'unnamed');
  return [
    ...types.filter((type) => !clientRun.has(type)),
    ...('web_search_options' in body ? ['web_search_options'] : []),
  ];
}

/** OpenAI counts what the cache served and stored inside the input; ours stand apart. */
export function readOpenAiUsage(usage: JsonObject, names: { input: string; output: string }): ReportedUsage | null {
  const input = countAt(usage, names.input);
  const output = countAt(usage, names.output);
  if (input === null || output === null) return null;
  const details = objectAt(usage, `${names.input}_details`);
  const cacheReadTokens = countAt(details, 'cached_tokens') ?? 0;
  const cacheWriteTokens = countAt(details, 'cache_write_tokens') ?? 0;
  return {
    inputTokens: Math.max(0, input - cacheReadTokens - cacheWriteTokens),
    outputTokens: output,
    cacheReadTokens,
    cacheWriteTokens,
    longCacheWriteTokens: 0,
  };
}
