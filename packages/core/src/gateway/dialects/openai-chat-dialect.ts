import type { JsonObject } from '@fermata/contracts';
import { takesModernLimit } from '../../models/openai-chat.js';
import { chatSuit } from './openai-suit.js';
import type { AnswerReader, GatewayDialect, ReportedUsage, ShapedRequest, ShapeLimits } from './dialect.js';
import { countAt, cutTo, objectAt, objectsAt, textAt } from './json-members.js';
import { openAiKeyHeaders, openAiProviderTools, readOpenAiUsage, writeOpenAiError } from './openai-parts.js';

/** Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const openAiChatDialect: GatewayDialect = {
  protocol: 'openai_chat',
  upstreamPath: () => '/chat/completions',
  keyHeaders: openAiKeyHeaders,
  shape,
  // Thoughts do not come back to Chat Completions.
  withoutThoughts: (body) => body,
  suit: chatSuit,
  thinkingBudget: () => 0,
  providerTools: openAiProviderTools,
  createReader: () => new ChatReader(),
  writeError: writeOpenAiError,
  streamError: (refusal) => `data: ${JSON.stringify(writeOpenAiError(refusal))}\n\n`,
  asksAgainAfter: 'status',
};

/** Without `include_usage` a stream does not say what it cost. */
function shape(body: JsonObject, limits: ShapeLimits): ShapedRequest {
  const { max_tokens: old, max_completion_tokens: modern, ...rest } = body;
  const asked = [old, modern].filter((limit) => typeof limit === 'number' && limit >= 0) as number[];
  const each = cutTo(limits.maxOutputTokens, asked.length === 0 ? null : Math.floor(Math.min(...asked)));
  const isModern = modern !== undefined || (old === undefined && takesModernLimit(limits.model, limits.baseUrl));
  const options = limits.stream ? { stream_options: { ...objectAt(body, 'stream_options'), include_usage: true } } : {};
  return {
    body: { ...rest, model: limits.model, ...options, [isModern ? 'max_completion_tokens' : 'max_tokens']: each },
    outputTokens: each * Math.max(1, countAt(body, 'n') ?? 1),
  };
}

class ChatReader implements AnswerReader {
  usage: ReportedUsage | null = null;
  model: string | null = null;
  characters = 0;
  complete = false;
  readonly thoughts: readonly string[] = [];

  addEvent(event: JsonObject): void {
    this.#read(event);
    for (const choice of objectsAt(event, 'choices')) {
      this.characters += lengthOfDelta(objectAt(choice, 'delta'));
      if (textAt(choice, 'finish_reason') !== null) this.complete = true;
    }
  }

  addWhole(answer: JsonObject): void {
    this.#read(answer);
    this.characters = JSON.stringify(answer['choices'] ?? '').length;
    this.complete = true;
  }

  #read(wire: JsonObject): void {
    this.model ??= textAt(wire, 'model');
    const names = { input: 'prompt_tokens', output: 'completion_tokens' };
    this.usage = readOpenAiUsage(objectAt(wire, 'usage'), names) ?? this.usage;
  }
}

function lengthOfDelta(delta: JsonObject): number {
  const texts = ['content', 'refusal', 'reasoning', 'reasoning_content'].map((name) => textAt(delta, name));
  const calls = objectsAt(delta, 'tool_calls').map((call) => textAt(objectAt(call, 'function'), 'arguments'));
  return [...texts, ...calls].reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
