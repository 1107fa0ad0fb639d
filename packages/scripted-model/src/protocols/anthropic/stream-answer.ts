import type { JsonObject } from '@fermata/contracts';
import { chunkText } from '../../answers/chunk-text.js';
import type { PreparedAnswer } from '../../answers/prepare-answer.js';
import type { Frame, WireAnswer } from '../protocol.js';
import { signatureOf, writeEnvelope, writeStop, writeToolUse, writeUsage } from './write-answer.js';

/** One content block: how it opens, its deltas, and what comes between the last delta and its end. */
interface StreamedBlock {
  opening: JsonObject;
  deltas: JsonObject[];
  closing?: JsonObject;
}

export function* streamAnswer({ model, answer, chunkSize }: WireAnswer): Iterable<Frame> {
  const envelope = writeEnvelope(model, answer);
  const usage = writeUsage(answer, 1);
  yield frame('message_start', { message: { ...envelope, usage } });
  for (const [index, block] of blocksOf(answer, chunkSize).entries()) {
    yield frame('content_block_start', { index, content_block: block.opening });
    if (index === 0) yield frame('ping', {});
    for (const delta of block.deltas) yield { ...frame('content_block_delta', { index, delta }), part: 'chunk' };
    if (block.closing) yield frame('content_block_delta', { index, delta: block.closing });
    yield frame('content_block_stop', { index });
  }
  const end = { delta: writeStop(answer.stopReason), usage: writeUsage(answer, answer.usage.outputTokens) };
  yield { ...frame('message_delta', end), part: 'end' };
  yield frame('message_stop', {});
}

function blocksOf(answer: PreparedAnswer, chunkSize: number): StreamedBlock[] {
  const { thinking, text, toolCalls } = answer;
  const blocks: StreamedBlock[] = [];
  if (thinking) {
    blocks.push({
      opening: { type: 'thinking', thinking: '', signature: '' },
      deltas: chunkText(thinking, chunkSize).map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      closing: { type: 'signature_delta', signature: signatureOf(answer) },
    });
  }
  if (text) {
    const deltas = chunkText(text, chunkSize).map((piece) => ({ type: 'text_delta', text: piece }));
    blocks.push({ opening: { type: 'text', text: '', citations: null }, deltas });
  }
  for (const call of toolCalls) {
    const pieces = chunkText(call.inputText, chunkSize);
    const deltas = pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
    blocks.push({ opening: writeToolUse(call, {}), deltas });
  }
  return blocks;
}

function frame(type: string, members: JsonObject): Frame {
  return { event: type, data: { type, ...members } };
}
