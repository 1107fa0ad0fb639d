import type { JsonObject } from '@fermata/contracts';
import { chunkText } from '../../answers/chunk-text.js';
import type { PreparedAnswer, PreparedToolCall } from '../../answers/prepare-answer.js';
import type { Frame, WireAnswer } from '../protocol.js';
import {
  finalStatus,
  writeAnswer,
  writeContentPart,
  writeEnvelope,
  writeFunctionCall,
  writeMessage,
  writeReasoning,
} from './write-answer.js';

interface Event {
  type: string;
  members: JsonObject;
  part?: 'chunk' | 'end';
}

/** Every event carries its `type` and a running `sequence_number`. */
export function* streamAnswer(wire: WireAnswer): Iterable<Frame> {
  let sequence = 0;
  for (const { type, members, part } of eventsOf(wire)) {
    yield { event: type, data: { type, sequence_number: sequence, ...members }, ...(part && { part }) };
    sequence += 1;
  }
}

function* eventsOf(wire: WireAnswer): Iterable<Event> {
  const { answer, chunkSize } = wire;
  const opening = { response: writeEnvelope(wire, 'in_progress') };
  yield { type: 'response.created', members: opening };
  yield { type: 'response.in_progress', members: opening };
  const items = [
    ...(answer.thinking ? [reasoningEvents(answer, chunkSize)] : []),
    ...(answer.text ? [messageEvents(answer, chunkSize)] : []),
    ...answer.toolCalls.map((call) => callEvents(call, chunkSize)),
  ];
  for (const [index, events] of items.entries()) {
    for (const event of events) yield { ...event, members: { output_index: index, ...event.members } };
  }
  yield { type: `response.${finalStatus(answer)}`, members: { response: writeAnswer(wire) }, part: 'end' };
}

function* reasoningEvents(answer: PreparedAnswer, chunkSize: number): Iterable<Event> {
  const item = writeReasoning(answer);
  const place = { item_id: `rs_${answer.id}`, summary_index: 0 };
  const text = answer.thinking;
  yield { type: 'response.output_item.added', members: { item: { ...item, summary: [] } } };
  yield {
    type: 'response.reasoning_summary_part.added',
    members: { ...place, part: { type: 'summary_text', text: '' } },
  };
  for (const delta of chunkText(text, chunkSize)) {
    yield { type: 'response.reasoning_summary_text.delta', members: { ...place, delta }, part: 'chunk' };
  }
  yield { type: 'response.reasoning_summary_text.done', members: { ...place, text } };
  yield { type: 'response.reasoning_summary_part.done', members: { ...place, part: { type: 'summary_text', text } } };
  yield { type: 'response.output_item.done', members: { item } };
}

function* messageEvents(answer: PreparedAnswer, chunkSize: number): Iterable<Event> {
  const place = { item_id: `msg_${answer.id}`, content_index: 0 };
  const refused = answer.stopReason === 'refusal';
  const kind = refused ? 'response.refusal' : 'response.output_text';
  const part = writeContentPart(answer, answer.text);
  const extra = refused ? {} : { logprobs: [] };
  yield { type: 'response.output_item.added', members: { item: writeMessage(answer, 'in_progress', []) } };
  yield { type: 'response.content_part.added', members: { ...place, part: writeContentPart(answer, '') } };
  for (const delta of chunkText(answer.text, chunkSize)) {
    yield { type: `${kind}.delta`, members: { ...place, delta, ...extra }, part: 'chunk' };
  }
  const whole = refused ? { refusal: answer.text } : { text: answer.text, logprobs: [] };
  yield { type: `${kind}.done`, members: { ...place, ...whole } };
  yield { type: 'response.content_part.done', members: { ...place, part } };
  yield { type: 'response.output_item.done', members: { item: writeMessage(answer, finalStatus(answer), [part]) } };
}

function* callEvents(call: PreparedToolCall, chunkSize: number): Iterable<Event> {
  const place = { item_id: `fc_${call.id}` };
  const { name, inputText } = call;
  yield { type: 'response.output_item.added', members: { item: writeFunctionCall(call, 'in_progress', '') } };
  for (const delta of chunkText(inputText, chunkSize)) {
    yield { type: 'response.function_call_arguments.delta', members: { ...place, delta }, part: 'chunk' };
  }
  yield {
    type: 'response.function_call_arguments.done',
    members: { ...place, name, arguments: inputText },
  };
  yield { type: 'response.output_item.done', members: { item: writeFunctionCall(call, 'completed', inputText) } };
}
