import type { MicroUsd } from '../money.js';
import type { Usage } from './conversation.js';

/** Micro-USD for a million tokens of each kind, so 3 dollars a million is 3_000_000. */
export interface ModelPrice {
  inputPerMillion: MicroUsd;
  outputPerMillion: MicroUsd;
  cacheReadPerMillion: MicroUsd;
  cacheWritePerMillion: MicroUsd;
}

/** Cost of a call in micro-USD, rounded up: a fraction is never given away. */
export function costOf(usage: Usage, price: ModelPrice): MicroUsd {
  const total =
    usage.inputTokens * price.inputPerMillion +
    usage.outputTokens * price.outputPerMillion +
    usage.cacheReadTokens * price.cacheReadPerMillion +
    usage.cacheWriteTokens * price.cacheWritePerMillion;
  return Math.ceil(total / 1_000_000);
}
