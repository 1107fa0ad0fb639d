import { wrap } from './clip.js';

/** What whoever cancelled it gave as the reason; empty when nobody did. */
export function cancelledBecause(
  reason: string | null,
  { width, indent = '' }: { width: number; indent?: string },
): string {
  return reason === null || reason.trim() === '' ? '' : wrap(`cancelled because: ${reason}`, width, indent);
}
