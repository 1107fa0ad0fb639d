import type { MicroUsd } from '../money.js';
import type { CatalogueModel } from './catalogue.js';
import type { ModelPrice } from './price.js';

/** The instructions that a provider adds for its tools, and what it wraps messages in. */
export const hiddenPromptTokens = 1_000;

/**
 * What to reserve before a call: the whole prompt at the dearest rate input can be billed at (fresh or written to the
 * cache), and as many output tokens as are asked for.
 * @param inputTokens at most
 */
export function worstCaseCost(inputTokens: number, maxOutputTokens: number, price: ModelPrice): MicroUsd {
  const inputRate = Math.max(price.inputPerMillion, price.cacheWritePerMillion);
  return Math.ceil((inputTokens * inputRate + maxOutputTokens * price.outputPerMillion) / 1_000_000);
}

/** Bytes of what every planner is told and given, at least: its instructions and tools, before any goal or file name. */
export const leastPlanningPromptBytes = 14_000;

/**
 * What a run's first call reserves, at least: a budget below it lets no call be made at all.
 * @param ownBytes of the prompt, from the goal and the agent's instructions
 */
export function leastFirstCall(
  { maxOutputTokens, ownBytes }: { maxOutputTokens: number; ownBytes: number },
  model: CatalogueModel,
): MicroUsd {
  const inputTokens = leastPlanningPromptBytes + hiddenPromptTokens + ownBytes;
  return worstCaseCost(inputTokens, Math.min(maxOutputTokens, model.maxOutputTokens), model.price);
}
