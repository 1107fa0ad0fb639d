import type { JsonObject, StopReason, Usage } from '@fermata/contracts';
import { toTokens } from '../../answers/token-usage.js';
import type { PreparedAnswer, PreparedToolCall } from '../../answers/prepare-answer.js';
import type { WireAnswer } from '../protocol.js';

/** The protocol says a refusal by `message.refusal`, not by the reason. */
export const finishReasons: Readonly<Record<StopReason, string>> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  refusal: 'stop',
  other: 'content_filter',
};

/** Fixed, so that equal requests get equal bytes. */
const createdAt = 1_750_000_000;

export function writeAnswer({ model, answer }: WireAnswer): JsonObject {
  const { text, toolCalls, stopReason } = answer;
  const refused = stopReason === 'refusal';
  const message = {
    role: 'assistant',
    content: text && !refused ? text : null,
    refusal: refused ? text : null,
    annotations: [],
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map((call) => writeToolCall(call, call.inputText)) } : {}),
  };
  return {
    ...writeEnvelope('chat.completion', model, answer),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasons[stopReason] }],
    usage: writeUsage(answer),
  };
}

export function writeEnvelope(object: string, model: string, answer: PreparedAnswer): JsonObject {
  const id = `chatcmpl-${answer.id}`;
  return { id, object, created: createdAt, model, service_tier: 'default', system_fingerprint: 'fp_scripted' };
}

export function writeToolCall(call: PreparedToolCall, argumentsText: string): JsonObject {
  return { id: `call_${call.id}`, type: 'function', function: { name: call.name, arguments: argumentsText } };
}

/** Prompt tokens include what the cache served and stored, unlike Anthropic's input tokens. */
export function writeUsage({ usage, thinking }: PreparedAnswer): JsonObject {
  const prompt = promptTokens(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    completion_tokens_details: { reasoning_tokens: thinking ? toTokens(thinking.length) : 0 },
  };
}

function promptTokens(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}
