import { isDomainError, type ModelFailure } from '@fermata/contracts';

/** A limit without `Retry-After` is taken for this long. */
const unstatedLimitMs = 1_000;

/**
 * What a failed call says of its provider; null when it says nothing of it, as where the request itself was wrong. A stream
 * that breaks off may be the fault of anything in between.
 */
export function modelFailureOf(error: unknown): ModelFailure | null {
  if (!isDomainError(error)) return null;
  const { code, retryAfterMs = null, details } = error;
  const limited = code === 'provider_rate_limited';
  if (!limited && code !== 'provider_unavailable') return null;
  return {
    limited,
    retryAfterMs: limited ? (retryAfterMs ?? unstatedLimitMs) : retryAfterMs,
    reason: reasonOf(details),
  };
}

/** As a status line says it: what an HTTP answer without an error of ours says of its provider. */
export function modelFailureOfStatus(status: number | null, retryAfterMs?: number): ModelFailure | null {
  const limited = status === 429;
  if (!limited && status !== null && status < 500 && status !== 408) return null;
  return {
    limited,
    retryAfterMs: limited ? (retryAfterMs ?? unstatedLimitMs) : (retryAfterMs ?? null),
    reason: reasonOf(status === null ? {} : { status }),
  };
}

function reasonOf({ status, connection }: { status?: unknown; connection?: unknown }): string {
  if (typeof status === 'number') return `HTTP ${status}`;
  return typeof connection === 'string' ? connection : 'no answer';
}
