import type { JsonObject, StopReason } from '@fermata/contracts';
import { z } from 'zod';
import type { PreparedAnswer, PreparedToolCall } from '../../answers/prepare-answer.js';
import { toTokens } from '../../answers/token-usage.js';
import type { WireAnswer } from '../protocol.js';

/** A call of a tool is an end like any other. */
const finishReasons: Readonly<Record<StopReason, string>> = {
  end_turn: 'STOP',
  tool_use: 'STOP',
  max_tokens: 'MAX_TOKENS',
  refusal: 'SAFETY',
  other: 'OTHER',
};

export function writeAnswer({ model, answer }: WireAnswer): JsonObject {
  const { thinking, text, toolCalls } = answer;
  const parts = [
    ...(thinking ? [writeThought(thinking)] : []),
    ...(text ? [{ text }] : []),
    ...toolCalls.flatMap(writeFunctionCall),
  ];
  return {
    ...writeEnvelope(model, answer),
    candidates: [writeCandidate(parts, finishReasonOf(answer))],
    usageMetadata: writeUsage(answer),
  };
}

export function writeEnvelope(model: string, { id }: PreparedAnswer): JsonObject {
  return { modelVersion: model, responseId: id };
}

export function writeCandidate(parts: readonly JsonObject[], finishReason: string | null): JsonObject {
  const content = { parts: [...parts], role: 'model' };
  return { content, ...(finishReason === null ? {} : { finishReason }), index: 0 };
}

export function finishReasonOf({ toolCalls, stopReason }: PreparedAnswer): string {
  const malformed = toolCalls.some((call) => writeFunctionCall(call).length === 0);
  return malformed ? 'MALFORMED_FUNCTION_CALL' : finishReasons[stopReason];
}

export function writeThought(text: string): JsonObject {
  return { text, thought: true };
}

const argumentsSchema = z.record(z.string(), z.json());

/** None for arguments that are no JSON object: the protocol cannot carry them. */
export function writeFunctionCall({ id, name, inputText }: PreparedToolCall): JsonObject[] {
  const args = argumentsSchema.safeParse(parse(inputText));
  return args.success ? [{ functionCall: { id, name, args: args.data } }] : [];
}

/** The prompt includes what the cache served; thoughts stand beside the candidates. Nothing is said of cache writes. */
export function writeUsage(answer: PreparedAnswer): JsonObject {
  const { usage, thinking } = answer;
  const thoughts = thinking ? Math.min(toTokens(thinking.length), usage.outputTokens) : 0;
  return {
    ...writePromptUsage(answer),
    candidatesTokenCount: usage.outputTokens - thoughts,
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: promptTokens(answer) + usage.outputTokens,
  };
}

/** What is known when an answer begins. */
export function writePromptUsage(answer: PreparedAnswer): JsonObject {
  const prompt = promptTokens(answer);
  const { cacheReadTokens } = answer.usage;
  return {
    promptTokenCount: prompt,
    ...(cacheReadTokens > 0 ? { cachedContentTokenCount: cacheReadTokens } : {}),
    totalTokenCount: prompt,
  };
}

function promptTokens({ usage }: PreparedAnswer): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
