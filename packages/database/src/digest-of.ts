import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '@fermata/contracts';

/** SHA-256 of text as UTF-8, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256, in hex, over the canonical JSON of a value: equal values have equal digests. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

/** As `digestOf`, and it says nothing of the value to whoever has not the key: HMAC-SHA-256. */
export function keyedDigestOf(key: string, value: unknown): string {
  return createHmac('sha256', key).update(canonicalJson(value)).digest('hex');
}
