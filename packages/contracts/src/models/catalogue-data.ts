import type { ModelPrice } from './price.js';
import type { CatalogueModel } from './catalogue.js';

const anthropicPricing = 'https://platform.claude.com/docs/en/about-claude/pricing';
const geminiPricing = 'https://ai.google.dev/gemini-api/docs/pricing';
const openAiPricing = 'https://developers.openai.com/api/docs/pricing';

/** In micro-USD for a million tokens. Anthropic: cache writes kept five minutes. OpenAI before GPT-5.6 and Gemini bill no writes. */
function price(input: number, output: number, cache: { read: number; write: number }): ModelPrice {
  return {
    inputPerMillion: input,
    outputPerMillion: output,
    cacheReadPerMillion: cache.read,
    cacheWritePerMillion: cache.write,
  };
}

/**
 * The models whose limits and prices we state. Where a provider charges more for long prompts, `contextWindow` ends where
 * the dearer price begins, so that a reservation stays an upper bound.
 */
export const catalogueData: readonly CatalogueModel[] = [
  {
    name: 'claude-sonnet-5-5',
    provider: 'anthropic',
    contextWindow: 1_000_000,
    maxOutputTokens: 128_000,
    price: price(2_000_000, 10_000_000, { read: 100_000, write: 2_500_000 }),
    reasoning: true,
    forcedToolUse: false,
    source: anthropicPricing,
    asOf: '2026-10-24',
  },
  {
    name: 'claude-opus-5-5',
    provider: 'anthropic',
    contextWindow: 1_000_000,
    maxOutputTokens: 128_000,
    price: price(4_000_000, 20_000_000, { read: 200_000, write: 5_000_000 }),
    reasoning: true,
    forcedToolUse: false,
    source: anthropicPricing,
    asOf: '2026-10-24',
  },
  {
    name: 'claude-haiku-4-5',
    provider: 'anthropic',
    contextWindow: 200_000,
    maxOutputTokens: 64_000,
    price: price(1_000_000, 5_000_000, { read: 100_000, write: 1_250_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: anthropicPricing,
    asOf: '2026-10-24',
  },
  {
    name: 'claude-sonnet-4-5',
    provider: 'anthropic',
    contextWindow: 200_000,
    maxOutputTokens: 64_000,
    price: price(3_000_000, 15_000_000, { read: 300_000, write: 3_750_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: anthropicPricing,
    asOf: '2026-10-24',
    note: 'Its end of life is announced for 2026-11-30.',
  },
  {
    name: 'gpt-6.1-sol',
    provider: 'openai',
    contextWindow: 272_000,
    maxOutputTokens: 128_000,
    price: price(2_000_000, 10_000_000, { read: 100_000, write: 2_500_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: openAiPricing,
    asOf: '2026-10-13',
    note: 'Takes 1 050 000 tokens, at a higher price for the whole request past 272 000. Tools only in the Responses API.',
  },
  {
    name: 'gpt-5',
    provider: 'openai',
    contextWindow: 400_000,
    maxOutputTokens: 128_000,
    price: price(1_250_000, 10_000_000, { read: 125_000, write: 1_250_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: openAiPricing,
    asOf: '2025-11-01',
    note: 'Its shutdown is announced for 2026-12-11.',
  },
  {
    name: 'gpt-5-mini',
    provider: 'openai',
    contextWindow: 400_000,
    maxOutputTokens: 128_000,
    price: price(250_000, 2_000_000, { read: 25_000, write: 250_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: openAiPricing,
    asOf: '2025-11-01',
    note: 'Its shutdown is announced for 2026-12-11.',
  },
  {
    name: 'gpt-4.1',
    provider: 'openai',
    contextWindow: 1_047_576,
    maxOutputTokens: 32_768,
    price: price(2_000_000, 8_000_000, { read: 500_000, write: 2_000_000 }),
    reasoning: false,
    forcedToolUse: true,
    source: openAiPricing,
    asOf: '2025-11-01',
    note: 'Its shutdown is announced for 2027-01-14.',
  },
  {
    name: 'gemini-2.5-pro',
    provider: 'gemini',
    contextWindow: 200_000,
    maxOutputTokens: 65_536,
    price: price(1_250_000, 10_000_000, { read: 125_000, write: 1_250_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: geminiPricing,
    asOf: '2025-11-01',
    note: 'Takes 1 048 576 tokens, at a higher price for the whole request past 200 000. For agents that speak Gemini.',
  },
  {
    name: 'gemini-2.5-flash',
    provider: 'gemini',
    contextWindow: 1_048_576,
    maxOutputTokens: 65_536,
    price: price(300_000, 2_500_000, { read: 30_000, write: 300_000 }),
    reasoning: true,
    forcedToolUse: true,
    source: geminiPricing,
    asOf: '2025-11-01',
    note: 'Its price holds for text and pictures; sound is dearer. For agents that speak Gemini.',
  },
  {
    name: 'scripted',
    provider: 'scripted',
    contextWindow: 200_000,
    maxOutputTokens: 64_000,
    price: price(3_000_000, 15_000_000, { read: 300_000, write: 3_750_000 }),
    reasoning: false,
    forcedToolUse: true,
    source: 'our own scripted server: an invented price, so that costs show in demos and tests',
    asOf: '2026-11-21',
  },
];
