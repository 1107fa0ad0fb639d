import type { JsonObject } from '@fermata/contracts';

/** `GET /v1/models`, for clients of both vendors at once: each reads the members it knows. */
export function listModels(models: readonly string[]): JsonObject {
  return {
    object: 'list',
    data: models.map((id) => ({
      ...{ id, object: 'model', created: 0, owned_by: 'fermata' },
      ...{ type: 'model', display_name: id, created_at: '1970-01-01T00:00:00Z' },
    })),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  };
}
