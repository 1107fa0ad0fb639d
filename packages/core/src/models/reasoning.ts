import type Anthropic from '@anthropic-ai/sdk';
import { type ModelRequest, Reasoning } from '@fermata/contracts';
import type OpenAI from 'openai';
import { acceptsForcedToolUse, reasons } from './catalogue.js';

type AnthropicParts = Pick<Anthropic.MessageCreateParamsStreaming, 'thinking' | 'output_config'>;

/** Of the longest answer, what may be thought: thinking counts as output. */
const shares = { [Reasoning.low]: 1 / 8, [Reasoning.medium]: 1 / 4, [Reasoning.high]: 1 / 2 } as const;

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
const leastBudget = 1_024;

/**
 * How an Anthropic model is told how much to think. Those that always think (and so cannot be forced to call a tool) take an
 * effort, of which `low` is the least; the others a budget of tokens, or nothing.
 */
export function anthropicReasoning(request: ModelRequest): AnthropicParts {
  const { reasoning, maxOutputTokens } = request;
  if (reasoning === undefined || !reasons(request)) return {};
  if (!acceptsForcedToolUse(request)) {
    return { output_config: { effort: reasoning === Reasoning.off ? Reasoning.low : reasoning } };
  }
  if (reasoning === Reasoning.off || maxOutputTokens < 2 * leastBudget || isAmidForeignTools(request)) return {};
  const budget = Math.max(leastBudget, Math.floor(maxOutputTokens * shares[reasoning]));
  return { thinking: { type: 'enabled', budget_tokens: budget } };
}

/** The API refuses to think on after tool calls that were made without thinking, as another model's were. */
function isAmidForeignTools({ messages }: ModelRequest): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant');
  if (!last?.blocks.some(({ type }) => type === 'tool_call')) return false;
  return !last.blocks.some((block) => block.type === 'thinking' && block.provider === 'anthropic');
}

/** How a model of OpenAI's protocols is told; undefined: not at all. https://developers.openai.com/api/docs/guides/reasoning */
export function openAiEffort(request: ModelRequest): OpenAI.ReasoningEffort | undefined {
  const { reasoning, model } = request;
  if (reasoning === undefined || !reasons(request)) return undefined;
  return reasoning === Reasoning.off ? leastEffort(model) : reasoning;
}

/** `none` came with GPT-5.1; the first GPT-5 thinks at least minimally, and the o-series a little. */
function leastEffort(model: string): OpenAI.ReasoningEffort {
  if (/^o\d/.test(model)) return 'low';
  return /^gpt-5(?![.\d])/.test(model) ? 'minimal' : 'none';
}
