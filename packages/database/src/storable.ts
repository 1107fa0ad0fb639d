const unstorable = /\0|\p{Surrogate}/gu;

/**
 * Postgres text and jsonb hold neither NUL nor half of a surrogate pair, and a model or a truncated output may well
 * contain both. Each becomes U+FFFD, as a decoder would have it. Blobs lose nothing: see `blob-text.ts`.
 */
export function storableText(text: string): string {
  return text.replace(unstorable, '\uFFFD');
}

/** The same value with every string in it storable. Dates, buffers and other class instances are left as they are. */
export function storable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), clean(member)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
