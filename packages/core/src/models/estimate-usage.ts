import type { AssistantBlock, ModelRequest, Usage } from '@fermata/contracts';

const charactersPerToken = 4;

/** Tokens reckoned at four characters each, for a server that does not count them; flagged as an estimate. */
export function estimateUsage(request: ModelRequest, answer: readonly AssistantBlock[]): Usage {
  return {
    inputTokens: likelyTokens(promptText(request)),
    outputTokens: answer.length === 0 ? 0 : likelyTokens(JSON.stringify(answer)),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    estimated: true,
  };
}

/** All that is sent to the model, as one text to be measured. */
export function promptText(request: ModelRequest): string {
  return JSON.stringify([request.system, request.messages, request.tools]);
}

/** What a text probably has. */
export function likelyTokens(text: string): number {
  return likelyTokensOf(text.length);
}

/** What so many characters probably have. */
export function likelyTokensOf(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}
