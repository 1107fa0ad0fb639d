/** What a pointer leads to; `found: false` with the part of it that is missing. */
export type Pointed = { found: true; value: unknown } | { found: false; missing: string };

/**
 * Follows a JSON pointer as RFC 6901 says: `~1` is `/`, `~0` is `~`, an index has no leading zeros, `-` is never there.
 * Only members of the document itself are found, nothing an object inherits.
 */
export function followPointer(document: unknown, pointer: string): Pointed {
  let value = document;
  let way = '';
  for (const token of pointer.split('/').slice(1)) {
    way += `/${token}`;
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!hasMember(value, key)) return { found: false, missing: way };
    value = value[key];
  }
  return { found: true, value };
}

function hasMember(value: unknown, key: string): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? /^(0|[1-9]\d*)$/.test(key) && Number(key) < value.length : Object.hasOwn(value, key);
}
