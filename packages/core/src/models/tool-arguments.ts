import type { Json, JsonObject, ToolCallBlock } from '@fermata/contracts';

/** The input of a call from the text a provider streamed. Text that is no JSON is kept, for the model to be told. */
export function parseToolArguments(text: string): Pick<ToolCallBlock, 'input' | 'invalidInput'> {
  if (text.trim() === '') return { input: {} };
  try {
    return { input: JSON.parse(text) as Json };
  } catch {
    return { input: null, invalidInput: text };
  }
}

/**
 * The arguments of an earlier call as they are sent back. Anthropic takes nothing but an object, and templates of
 * OpenAI-compatible servers parse the text, so what was no object is wrapped in one.
 */
export function echoToolArguments(call: ToolCallBlock): JsonObject {
  if (call.invalidInput !== undefined) return { invalid_arguments: call.invalidInput };
  return isObject(call.input) ? call.input : { invalid_arguments: call.input };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
