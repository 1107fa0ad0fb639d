import type { Json, JsonObject } from '@fermata/contracts';
import type { SuitTarget, ThoughtOrigins } from './dialect.js';
import { isObject, leaveOut, objectAt, objectsAt, textAt } from './json-members.js';

/** What an answer's items have of thoughts, as a later request gives them back. */
export function thoughtsIn(items: readonly JsonObject[]): string[] {
  return items.flatMap((item) => markOf(item) ?? []);
}

function markOf(item: unknown): string | null {
  if (textAt(item, 'type') !== 'reasoning') return null;
  return textAt(item, 'encrypted_content') ?? textAt(item, 'id') ?? '';
}

/**
 * Thoughts are encrypted for the model that had them. What was said after them is looked up by its id together with them, so
 * the ids go, too: https://developers.openai.com/api/docs/guides/reasoning
 */
export function withoutReasoningItems(body: JsonObject, { isForeign }: Pick<ThoughtOrigins, 'isForeign'>): JsonObject {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const own = input.filter((item) => {
    const mark = markOf(item);
    return mark === null || !isForeign(mark);
  });
  return own.length === input.length ? body : { ...body, input: own.map(withoutId) };
}

const saidAfterThoughts = new Set(['message', 'function_call', 'custom_tool_call']);

function withoutId(item: Json): Json {
  return isObject(item) && saidAfterThoughts.has(textAt(item, 'type') ?? '') ? leaveOut(item, ['id']) : item;
}

/** Those that every model that thinks takes; what lies beyond them is cut to the nearest. */
const nearestEffort: Readonly<Record<string, string>> = { none: 'low', minimal: 'low', xhigh: 'high', max: 'high' };

const freeTools = 'It takes no tools without a schema, and the request has one.';

export function responsesSuit(body: JsonObject, { traits }: SuitTarget): JsonObject | string {
  if (!traits) return body;
  if (traits.reasoning) {
    const reasoning = objectAt(body, 'reasoning');
    const effort = nearestEffort[textAt(reasoning, 'effort') ?? ''];
    const rest = leaveOut(body, sampling);
    return effort === undefined ? rest : { ...rest, reasoning: { ...reasoning, effort } };
  }
  if (hasFreeTools(body)) return freeTools;
  const { include, text } = body;
  const rest = leaveOut(withoutReasoningItems(body, { isForeign: () => true }), ['reasoning', 'include', 'text']);
  const wanted = Array.isArray(include) ? include.filter((name) => name !== 'reasoning.encrypted_content') : [];
  return {
    ...rest,
    ...(wanted.length > 0 && { include: wanted }),
    ...(isObject(text) && { text: leaveOut(text, ['verbosity']) }),
  };
}

export function chatSuit(body: JsonObject, { traits }: SuitTarget): JsonObject | string {
  if (!traits) return body;
  if (traits.reasoning) {
    const effort = nearestEffort[textAt(body, 'reasoning_effort') ?? ''];
    const rest = leaveOut(body, sampling);
    return effort === undefined ? rest : { ...rest, reasoning_effort: effort };
  }
  if (hasFreeTools(body)) return freeTools;
  return leaveOut(body, ['reasoning_effort', 'verbosity']);
}

const hasFreeTools = (body: JsonObject): boolean =>
  objectsAt(body, 'tools').some((tool) => textAt(tool, 'type') === 'custom');

/** Models that think refuse to have their words steered. */
const sampling = [
  ...['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
  ...['logprobs', 'top_logprobs', 'logit_bias'],
];
