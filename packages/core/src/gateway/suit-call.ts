import type { JsonObject } from '@fermata/contracts';
import type { GatewayDialect, ShapedRequest, ThoughtOrigins } from './dialects/dialect.js';
import type { GatewayUpstream } from './gateway-ports.js';

/** What a request must be made to suit: a model that was chosen for it. */
export interface Suiting {
  origins: ThoughtOrigins;
  /** The client speaks to another model, and has set what it sends for that one. */
  isStandIn: boolean;
}

interface Suited {
  dialect: GatewayDialect;
  upstream: GatewayUpstream;
}

/**
 * The request without what its model would refuse: the thoughts of another one, which are signed or encrypted for it, and
 * settings that only the model has that the client speaks to.
 * @returns why it cannot be made to suit, as a sentence that ends in a full stop
 */
export function suitBody(
  body: JsonObject,
  { origins, isStandIn }: Suiting,
  { dialect, upstream }: Suited,
): JsonObject | string {
  const own = dialect.withoutThoughts(body, origins, upstream.model);
  return isStandIn ? dialect.suit(own, upstream) : own;
}

/** Why a request is too large for a model that it was not written for; null when it is not. */
export function exceedsLimits(
  { body, outputTokens, inputTokens }: ShapedRequest & { inputTokens: number },
  { dialect, upstream }: Suited,
): string | null {
  const { contextWindow, maxOutputTokens } = upstream;
  if (dialect.thinkingBudget(body) >= maxOutputTokens) {
    return `Its longest answer (${maxOutputTokens} tokens) leaves nothing beside what the request has it think.`;
  }
  if (contextWindow === null || inputTokens + outputTokens <= contextWindow) return null;
  return `The request, at about ${inputTokens} tokens with ${outputTokens} for the answer, does not fit its context window of ${contextWindow}.`;
}
