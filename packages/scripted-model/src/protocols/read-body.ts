import { DomainError, type Json, type JsonObject, type ToolCallBlock } from '@fermata/contracts';
import { z } from 'zod';

const objectSchema = z.record(z.string(), z.json());

/**
 * The part of a request that `schema` describes.
 * @throws DomainError `invalid_input` with the first fault and its place, as providers answer
 */
export function readBody<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  throw new DomainError('invalid_input', `${place || 'request body'}: ${issue?.message ?? 'is not valid'}`);
}

/** @throws DomainError `invalid_input` when `text` is no JSON object */
export function parseBody(text: string): JsonObject {
  return readBody(objectSchema, parseJson(text) ?? null);
}

/** A tool call whose arguments came as text, kept as text when they are no JSON. */
export function readToolCall(callId: string, name: string, argumentsText: string): ToolCallBlock {
  const input = parseJson(argumentsText);
  if (input === undefined) return { type: 'tool_call', callId, name, input: null, invalidInput: argumentsText };
  return { type: 'tool_call', callId, name, input };
}

/** A value read from JSON, as JSON; undefined becomes an empty object. */
export function toJson(value: unknown): Json {
  return (value ?? {}) as Json;
}

export function toJsonObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
