import type { JsonObject } from '@fermata/contracts';
import type { SuitTarget, ThoughtOrigins } from './dialect.js';
import { isObject, leaveOut, objectsAt, textAt } from './json-members.js';

/** The signature of a part; null without one. */
export function thoughtOf(part: unknown): string | null {
  return textAt(part, 'thoughtSignature') ?? textAt(part, 'thought_signature');
}

/** Stands for a call of another model where one is demanded: https://ai.google.dev/gemini-api/docs/thought-signatures */
const ofAnotherModel = 'skip_thought_signature_validator';

/** From Gemini 3 on a call that was made needs a signature; before that a foreign one is of no use. */
export function withoutGeminiThoughts(body: JsonObject, { isForeign }: ThoughtOrigins, model: string): JsonObject {
  const standsFor = /^gemini-[12]\b/.test(model) ? null : ofAnotherModel;
  let dropped = 0;
  const suited = (part: JsonObject): JsonObject[] => {
    const thought = thoughtOf(part);
    if (thought === null || !isForeign(thought)) return [part];
    dropped += 1;
    const rest = leaveOut(part, ['thoughtSignature', 'thought_signature']);
    if (part['thought'] === true) return [];
    const isCall = isObject(part['functionCall']) || isObject(part['function_call']);
    return [isCall && standsFor !== null ? { ...rest, thoughtSignature: standsFor } : rest];
  };
  const contents = objectsAt(body, 'contents').flatMap((content) => {
    const parts = objectsAt(content, 'parts').flatMap(suited);
    return parts.length === 0 ? [] : [{ ...content, parts }];
  });
  return dropped === 0 ? body : { ...body, contents };
}

/** Each generation is told in a way of its own how much to think, and refuses the others': it goes by itself then. */
export function geminiSuit(body: JsonObject, { traits }: SuitTarget): JsonObject {
  if (!traits) return body;
  const named = ['generationConfig', 'generation_config'].flatMap((name) => {
    const config = body[name];
    return isObject(config) ? [[name, leaveOut(config, ['thinkingConfig', 'thinking_config'])] as const] : [];
  });
  return { ...body, ...Object.fromEntries(named) };
}
