import { createHash } from 'node:crypto';
import { canonicalJson, type Plan } from '@fermata/contracts';

/** SHA-256, in hex, of the plan's canonical JSON: what an approval names, so that a changed plan voids it (law 9). */
export function planDigest(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}
