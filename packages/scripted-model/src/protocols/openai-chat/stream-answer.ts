import type { JsonObject } from '@fermata/contracts';
import { chunkText } from '../../answers/chunk-text.js';
import type { PreparedAnswer } from '../../answers/prepare-answer.js';
import type { Frame, WireAnswer } from '../protocol.js';
import { finishReasons, writeEnvelope, writeToolCall, writeUsage } from './write-answer.js';

/** The usage comes in a last chunk without choices, and only when the request asks for it. */
export function* streamAnswer({ model, answer, body, chunkSize }: WireAnswer): Iterable<Frame> {
  const withUsage = asksForUsage(body);
  const envelope = { ...writeEnvelope('chat.completion.chunk', model, answer), ...(withUsage ? { usage: null } : {}) };
  const delta = (members: JsonObject, finishReason: string | null = null): Frame => ({
    data: { ...envelope, choices: [{ index: 0, delta: members, logprobs: null, finish_reason: finishReason }] },
  });
  yield delta({ role: 'assistant', content: '', refusal: null });
  for (const { members, part } of deltasOf(answer, chunkSize)) yield { ...delta(members), ...(part && { part }) };
  yield { ...delta({}, finishReasons[answer.stopReason]), part: 'end' };
  if (withUsage) yield { data: { ...envelope, choices: [], usage: writeUsage(answer) } };
  yield { data: '[DONE]' };
}

function* deltasOf(answer: PreparedAnswer, chunkSize: number): Iterable<{ members: JsonObject; part?: 'chunk' }> {
  const key = answer.stopReason === 'refusal' ? 'refusal' : 'content';
  for (const piece of chunkText(answer.text, chunkSize)) yield { members: { [key]: piece }, part: 'chunk' };
  for (const [index, call] of answer.toolCalls.entries()) {
    yield { members: { tool_calls: [{ index, ...writeToolCall(call, '') }] } };
    for (const piece of chunkText(call.inputText, chunkSize)) {
      yield { members: { tool_calls: [{ index, function: { arguments: piece } }] }, part: 'chunk' };
    }
  }
}

function asksForUsage(body: JsonObject): boolean {
  const options = body['stream_options'];
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}
