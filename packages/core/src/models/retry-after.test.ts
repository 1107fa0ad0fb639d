import { describe, expect, it } from 'vitest';
import { maxRetryAfterMs, readRetryAfter } from './retry-after.js';

const now = new Date('2026-01-01T00:00:00Z');
const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now);

describe('the wait a provider asks for', () => {
  it('is read from milliseconds first, then seconds, then a date', () => {
    expect(read({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
    expect(read({ 'retry-after': '1.5' })).toBe(1_500);
    expect(read({ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' })).toBe(30_000);
  });

  it('is never negative and never longer than the cap', () => {
    expect(read({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' })).toBe(0);
    expect(read({ 'retry-after': '99999' })).toBe(maxRetryAfterMs);
  });

  it('is unknown without a header, or with nonsense in it', () => {
    expect(readRetryAfter(undefined, now)).toBeUndefined();
    expect(read({})).toBeUndefined();
    expect(read({ 'retry-after': 'soon' })).toBeUndefined();
    expect(read({ 'retry-after-ms': '-5' })).toBeUndefined();
  });
});
