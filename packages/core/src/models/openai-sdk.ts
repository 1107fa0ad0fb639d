import type { Usage } from '@fermata/contracts';
import OpenAI from 'openai';
import type { CheckedEndpoint } from './check-endpoint.js';
import type { SilenceWatch } from './silence-watch.js';
import { sdkDefaults } from './streaming-client.js';

/** The SDK with everything it would otherwise read from the environment set by us. */
export function createOpenAiSdk(endpoint: CheckedEndpoint, { fetch }: SilenceWatch): OpenAI {
  return new OpenAI({
    ...sdkDefaults,
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    fetch,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
  });
}

interface OpenAiCounts {
  input: number;
  output: number;
  cacheRead?: number | null | undefined;
  cacheWrite?: number | null | undefined;
}

/** OpenAI counts what the cache served and stored inside the input; ours stand apart. */
export function toUsage({ input, output, cacheRead, cacheWrite }: OpenAiCounts): Usage {
  const cacheReadTokens = cacheRead ?? 0;
  const cacheWriteTokens = cacheWrite ?? 0;
  return {
    inputTokens: Math.max(0, input - cacheReadTokens - cacheWriteTokens),
    outputTokens: output,
    cacheReadTokens,
    cacheWriteTokens,
  };
}

/** Tool results of OpenAI's protocols have no flag for failure, so the text says it. */
export function resultText(result: { text: string; isError: boolean }): string {
  return result.isError ? `Error: ${result.text}` : result.text;
}
