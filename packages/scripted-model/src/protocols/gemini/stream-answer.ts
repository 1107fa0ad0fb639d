import type { JsonObject } from '@fermata/contracts';
import { chunkText } from '../../answers/chunk-text.js';
import type { PreparedAnswer } from '../../answers/prepare-answer.js';
import type { Frame, WireAnswer } from '../protocol.js';
import {
  finishReasonOf,
  writeCandidate,
  writeEnvelope,
  writeFunctionCall,
  writePromptUsage,
  writeThought,
  writeUsage,
} from './write-answer.js';

/** Every event counts the prompt, the last one all. Function calls come whole, and no closing word follows. */
export function* streamAnswer({ model, answer, chunkSize }: WireAnswer): Iterable<Frame> {
  const envelope = writeEnvelope(model, answer);
  for (const part of partsOf(answer, chunkSize)) {
    const data = { ...envelope, candidates: [writeCandidate([part], null)], usageMetadata: writePromptUsage(answer) };
    yield { data, part: 'chunk' };
  }
  const last = [writeCandidate([{ text: '' }], finishReasonOf(answer))];
  yield { data: { ...envelope, candidates: last, usageMetadata: writeUsage(answer) }, part: 'end' };
}

function partsOf({ thinking, text, toolCalls }: PreparedAnswer, chunkSize: number): JsonObject[] {
  return [
    ...chunkText(thinking, chunkSize).map(writeThought),
    ...chunkText(text, chunkSize).map((piece) => ({ text: piece })),
    ...toolCalls.flatMap(writeFunctionCall),
  ];
}
