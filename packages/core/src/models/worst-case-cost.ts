import type { ModelRequest, Usage } from '@fermata/contracts';
import { hiddenPromptTokens } from '@fermata/contracts/models';
import { likelyTokens, promptText } from './estimate-usage.js';

/**
 * An upper bound of the tokens of the prompt: one for each byte, which no tokenizer of bytes can exceed. With the usage of
 * the answer that the conversation has last, what came before that answer is known, and only what is new is reckoned.
 */
export function worstCaseInputTokens(request: ModelRequest, lastUsage: Usage | null = null): number {
  const { seen, unseen } = promptParts(request, lastUsage);
  return seen + worstCaseTokensOf(unseen);
}

/** An upper bound of the tokens of a prompt of which nothing but its text is known. */
export function worstCaseTokensOf(text: string): number {
  return Buffer.byteLength(text) + hiddenPromptTokens;
}

/** What the prompt probably has, for a call whose usage nobody will ever tell. */
export function likelyInputTokens(request: ModelRequest, lastUsage: Usage | null = null): number {
  const { seen, unseen } = promptParts(request, lastUsage);
  return seen + likelyTokens(unseen);
}

/** The tokens that the last answer says it has read, and the text that came after. */
function promptParts(request: ModelRequest, lastUsage: Usage | null): { seen: number; unseen: string } {
  const lastAnswer = request.messages.findLastIndex(({ role }) => role === 'assistant');
  if (lastUsage === null || lastAnswer < 0) return { seen: 0, unseen: promptText(request) };
  return { seen: promptTokens(lastUsage), unseen: JSON.stringify(request.messages.slice(lastAnswer)) };
}

function promptTokens({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}
