import type { MicroUsd, ModelPrice, ModelRequest } from '@fermata/contracts';
import { promptText } from './estimate-usage.js';

/** Prose and code have three bytes a token and more; the instructions a provider adds for its tools are allowed for apart. */
const bytesPerToken = 3;
const hiddenPromptTokens = 1_000;

/** An upper bound of the tokens of the prompt. */
export function worstCaseInputTokens(request: ModelRequest): number {
  return Math.ceil(Buffer.byteLength(promptText(request)) / bytesPerToken) + hiddenPromptTokens;
}

/**
 * What to reserve before a call: the whole prompt at the dearest rate input can be billed at (fresh or written to the
 * cache), and as many output tokens as are asked for.
 */
export function worstCaseCost(request: ModelRequest, { price }: { price: ModelPrice }): MicroUsd {
  const inputRate = Math.max(price.inputPerMillion, price.cacheWritePerMillion);
  const total = worstCaseInputTokens(request) * inputRate + request.maxOutputTokens * price.outputPerMillion;
  return Math.ceil(total / 1_000_000);
}
