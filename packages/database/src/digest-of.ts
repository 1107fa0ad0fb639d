import { createHash } from 'node:crypto';
import { canonicalJson } from '@fermata/contracts';

/** SHA-256 of text as UTF-8, in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256, in hex, over the canonical JSON of a value: equal values have equal digests. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
