import type { Json, JsonObject, StopReason } from '@fermata/contracts';
import { sha256 } from '../../conversations/conversation.js';
import type { PreparedAnswer, PreparedToolCall } from '../../answers/prepare-answer.js';
import { toTokens } from '../../answers/token-usage.js';
import type { WireAnswer } from '../protocol.js';

const stopReasons: Readonly<Record<StopReason, string>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  refusal: 'refusal',
  other: 'pause_turn',
};

export function writeAnswer({ model, answer }: WireAnswer): JsonObject {
  return { ...writeEnvelope(model, answer), content: writeContent(answer), ...writeStop(answer.stopReason) };
}

/** The message before it has content: what `message_start` carries. */
export function writeEnvelope(model: string, answer: PreparedAnswer): JsonObject {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: writeUsage(answer, answer.usage.outputTokens),
  };
}

export function writeStop(stopReason: StopReason): JsonObject {
  const details = stopReason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null;
  return { stop_reason: stopReasons[stopReason], stop_sequence: null, stop_details: details };
}

/** Input tokens are those that the cache neither served nor stored. */
export function writeUsage({ usage, thinking }: PreparedAnswer, outputTokens: number): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: outputTokens,
    output_tokens_details: thinking ? { thinking_tokens: toTokens(thinking.length) } : null,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
    server_tool_use: null,
    service_tier: 'standard',
  };
}

/** Stands for the provider's proof that the thinking is its own; it must come back unchanged. */
export function signatureOf(answer: PreparedAnswer): string {
  return Buffer.from(sha256(answer.thinking), 'hex').toString('base64');
}

export function writeToolUse(call: PreparedToolCall, input: Json): JsonObject {
  return { type: 'tool_use', id: `toolu_${call.id}`, name: call.name, input, caller: { type: 'direct' } };
}

function writeContent(answer: PreparedAnswer): JsonObject[] {
  const { thinking, text, toolCalls } = answer;
  return [
    ...(thinking ? [{ type: 'thinking', thinking, signature: signatureOf(answer) }] : []),
    ...(text ? [{ type: 'text', text, citations: null }] : []),
    ...toolCalls.map((call) => writeToolUse(call, parseInput(call.inputText))),
  ];
}

/** The protocol has no place for arguments that are no JSON outside a stream: they become a JSON string. */
function parseInput(inputText: string): Json {
  try {
    return JSON.parse(inputText) as Json;
  } catch {
    return inputText;
  }
}
