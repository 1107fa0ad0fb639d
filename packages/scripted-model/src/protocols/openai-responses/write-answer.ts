import type { JsonObject } from '@fermata/contracts';
import { toTokens } from '../../answers/token-usage.js';
import type { PreparedAnswer, PreparedToolCall } from '../../answers/prepare-answer.js';
import { sha256 } from '../../conversations/conversation.js';
import type { WireAnswer } from '../protocol.js';
import { splitName } from './namespaces.js';

/** Fixed, so that equal requests get equal bytes. */
const createdAt = 1_750_000_000;

/** What a request may ask for, and what counts when it does not. */
const askedDefaults: JsonObject = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  reasoning: { effort: null, summary: null },
  store: true,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
};

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function writeAnswer(wire: WireAnswer): JsonObject {
  const { answer } = wire;
  const status = finalStatus(answer);
  const output = [
    ...(answer.thinking ? [writeReasoning(answer)] : []),
    ...(answer.text ? [writeMessage(answer, status, [writeContentPart(answer, answer.text)])] : []),
    ...answer.toolCalls.map((call) => writeFunctionCall(call, 'completed', call.inputText)),
  ];
  return {
    ...writeEnvelope(wire, status),
    incomplete_details: incompleteDetails(answer),
    completed_at: createdAt,
    output,
    usage: writeUsage(answer),
  };
}

/** The response before it has output: what the opening events carry. It repeats what the request asked for. */
export function writeEnvelope({ model, answer, body }: WireAnswer, status: ItemStatus): JsonObject {
  const repeated = Object.entries(body).filter(([key]) => key in askedDefaults);
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: createdAt,
    status,
    error: null,
    incomplete_details: null,
    model,
    output: [],
    previous_response_id: null,
    truncation: 'disabled',
    usage: null,
    ...askedDefaults,
    ...Object.fromEntries(repeated),
  };
}

export function finalStatus({ stopReason }: PreparedAnswer): 'completed' | 'incomplete' {
  return stopReason === 'max_tokens' || stopReason === 'other' ? 'incomplete' : 'completed';
}

export function writeReasoning({ id, thinking }: PreparedAnswer): JsonObject {
  const summary = [{ type: 'summary_text', text: thinking }];
  return { id: `rs_${id}`, type: 'reasoning', summary, encrypted_content: sha256(thinking) };
}

export function writeMessage({ id }: PreparedAnswer, status: ItemStatus, content: readonly JsonObject[]): JsonObject {
  return { id: `msg_${id}`, type: 'message', status, role: 'assistant', content };
}

export function writeContentPart({ stopReason }: PreparedAnswer, text: string): JsonObject {
  if (stopReason === 'refusal') return { type: 'refusal', refusal: text };
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export function writeFunctionCall(call: PreparedToolCall, status: ItemStatus, argumentsText: string): JsonObject {
  const { id, name } = call;
  const ids = { id: `fc_${id}`, type: 'function_call', status, call_id: `call_${id}` };
  return { ...ids, ...splitName(name), arguments: argumentsText };
}

function incompleteDetails({ stopReason }: PreparedAnswer): JsonObject | null {
  if (stopReason === 'max_tokens') return { reason: 'max_output_tokens' };
  return stopReason === 'other' ? { reason: 'content_filter' } : null;
}

/** Input tokens include what the cache served and stored, unlike Anthropic's. */
function writeUsage({ usage, thinking }: PreparedAnswer): JsonObject {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: thinking ? toTokens(thinking.length) : 0 },
    total_tokens: input + usage.outputTokens,
  };
}
