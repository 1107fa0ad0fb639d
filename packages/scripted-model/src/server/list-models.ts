import type { JsonObject } from '@fermata/contracts';
import type { Script } from '../scripts/script.js';

/** Fixed, so that equal requests get equal bytes. */
const createdAt = 1_750_000_000;

/** The models a script names, in its list and in its rules. */
export function modelsOf(script: Script): string[] {
  if (typeof script === 'function') return [];
  const named = script.rules.flatMap((rule) => rule.match.model ?? []);
  return [...new Set([...(script.models ?? []), ...named])];
}

/** `GET /v1/models`, for clients of both vendors at once: each reads the members it knows. */
export function listModels(models: readonly string[]): JsonObject {
  return {
    object: 'list',
    data: models.map((id) => ({
      id,
      object: 'model',
      created: createdAt,
      owned_by: 'scripted-model',
      type: 'model',
      display_name: id,
      created_at: new Date(createdAt * 1000).toISOString(),
    })),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  };
}
