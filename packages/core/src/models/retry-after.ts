/** Longer waits are cut to this: asking again costs one refused call, sleeping through a lifted limit costs more. */
export const maxRetryAfterMs = 10 * 60_000;

/**
 * How long the provider asks us to wait, in milliseconds, from `retry-after-ms` or `Retry-After` (seconds or an HTTP date,
 * RFC 9110 section 10.2.3); undefined when it does not say or says nonsense.
 */
export function readRetryAfter(headers: Headers | undefined, now: Date): number | undefined {
  const exact = number(headers?.get('retry-after-ms'));
  if (exact !== undefined) return cap(exact);
  const text = headers?.get('retry-after');
  const seconds = number(text);
  if (seconds !== undefined) return cap(seconds * 1_000);
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : cap(at - now.getTime());
}

function number(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function cap(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), maxRetryAfterMs);
}
