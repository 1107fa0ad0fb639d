import type { Json, JsonObject } from '@fermata/contracts';
import type { GatewayRefusal } from '../gateway-ports.js';
import { geminiSuit, thoughtOf, withoutGeminiThoughts } from './gemini-suit.js';
import type { AnswerReader, GatewayDialect, ReportedUsage, ShapedRequest, ShapeLimits } from './dialect.js';
import { countAt, cutTo, isObject, objectAt, objectsAt, textAt } from './json-members.js';

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** GenerateContent: https://ai.google.dev/api/generate-content */
export const geminiDialect: GatewayDialect = {
  protocol: 'gemini',
  upstreamPath: ({ kind, model, stream }) => {
    const base = `/v1beta/models/${encodeURIComponent(model)}`;
    if (kind === 'count') return `${base}:countTokens`;
    return stream ? `${base}:streamGenerateContent?alt=sse` : `${base}:generateContent`;
  },
  keyHeaders: (apiKey) => ({ 'x-goog-api-key': apiKey }),
  shape,
  withoutThoughts: withoutGeminiThoughts,
  suit: geminiSuit,
  thinkingBudget: () => 0,
  providerTools: (body) =>
    objectsAt(body, 'tools')
      .flatMap((tool) => Object.keys(tool))
      .filter((name) => name !== 'functionDeclarations' && name !== 'function_declarations'),
  createReader: () => new GeminiReader(),
  writeError,
  streamError: (refusal) => `data: ${JSON.stringify(writeError(refusal))}\n\n`,
  asksAgainAfter: 'status',
};

/** Google reads members in both spellings, so the other one must not carry a limit of its own past ours. */
function shape(body: JsonObject, limits: ShapeLimits): ShapedRequest {
  const { generation_config: snake, generationConfig: camel, ...rest } = body;
  const { max_output_tokens, maxOutputTokens, candidate_count, candidateCount, ...config } = merged(snake, camel);
  const asked = countAt({ asked: maxOutputTokens ?? max_output_tokens ?? null }, 'asked');
  const count = countAt({ count: candidateCount ?? candidate_count ?? null }, 'count');
  const each = cutTo(limits.maxOutputTokens, asked);
  const counted = count === null ? {} : { candidateCount: count };
  return {
    body: { ...rest, generationConfig: { ...config, ...counted, maxOutputTokens: each } },
    outputTokens: each * Math.max(1, count ?? 1),
  };
}

function merged(...configs: (Json | undefined)[]): JsonObject {
  return Object.assign({}, ...configs.filter(isObject)) as JsonObject;
}

function writeError({ status, message }: GatewayRefusal): JsonObject {
  const name = statuses[status] ?? (status < 500 ? 'FAILED_PRECONDITION' : 'INTERNAL');
  return { error: { code: status, message, status: name } };
}

class GeminiReader implements AnswerReader {
  complete = false;
  usage: ReportedUsage | null = null;
  model: string | null = null;
  characters = 0;
  readonly thoughts: string[] = [];

  addEvent(event: JsonObject): void {
    this.model = textAt(event, 'modelVersion') ?? this.model;
    this.usage = readUsage(objectAt(event, 'usageMetadata')) ?? this.usage;
    for (const candidate of objectsAt(event, 'candidates')) {
      for (const part of objectsAt(objectAt(candidate, 'content'), 'parts')) this.#addPart(part);
      if (textAt(candidate, 'finishReason') !== null) this.complete = true;
    }
    if (textAt(objectAt(event, 'promptFeedback'), 'blockReason') !== null) this.complete = true;
  }

  addWhole(answer: JsonObject): void {
    this.addEvent(answer);
    this.complete = true;
  }

  #addPart(part: JsonObject): void {
    const thought = thoughtOf(part);
    if (thought !== null) this.thoughts.push(thought);
    this.characters += lengthOfPart(part);
  }
}

/** The prompt includes what the cache served; thoughts and what tools said to the model stand beside it. */
function readUsage(wire: JsonObject): ReportedUsage | null {
  const prompt = countAt(wire, 'promptTokenCount');
  if (prompt === null) return null;
  const cacheReadTokens = countAt(wire, 'cachedContentTokenCount') ?? 0;
  return {
    inputTokens: Math.max(0, prompt - cacheReadTokens) + (countAt(wire, 'toolUsePromptTokenCount') ?? 0),
    outputTokens: (countAt(wire, 'candidatesTokenCount') ?? 0) + (countAt(wire, 'thoughtsTokenCount') ?? 0),
    cacheReadTokens,
    cacheWriteTokens: 0,
    longCacheWriteTokens: 0,
  };
}

function lengthOfPart(part: JsonObject): number {
  const call = objectAt(part, 'functionCall');
  return (textAt(part, 'text')?.length ?? 0) + (Object.keys(call).length > 0 ? JSON.stringify(call).length : 0);
}
