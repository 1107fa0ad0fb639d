import { answeredKinds, ApprovalKind, ApprovalState, DomainError } from '@fermata/contracts';
import type { ApprovalRecord } from './approval-record.js';

export interface ApprovalDecision {
  approvalId: string;
  /** What the person saw: a decision about anything else is refused. */
  digest: string;
  state: typeof ApprovalState.approved | typeof ApprovalState.denied;
  /** A principal's id, or `fermata` where the order of a run was to ask nobody. */
  decidedBy: string;
  reason?: string;
  /** For the kinds in `answeredKinds`, when approved: words, or a number for a measurement. */
  answer?: string;
}

/**
 * The answer as it is stored: trimmed, and null where none belongs.
 * @throws DomainError `invalid_input` when the kind needs an answer and has none that will do
 */
export function checkAnswer({ id, kind }: ApprovalRecord, { state, answer = '' }: ApprovalDecision): string | null {
  if (state !== ApprovalState.approved || !answeredKinds.includes(kind)) return null;
  const text = answer.trim();
  if (text === '') throw new DomainError('invalid_input', `Approving ${id} needs an answer.`, { approvalId: id, kind });
  if (kind === ApprovalKind.measurement && !Number.isFinite(Number(text))) {
    throw new DomainError('invalid_input', `The answer to ${id} must be a number.`, { approvalId: id, kind });
  }
  return text;
}

/** True when the decision adds nothing to what the row says already. */
export function saysTheSame(row: ApprovalRecord, decision: ApprovalDecision): boolean {
  return row.state === decision.state && (row.answer === null || row.answer === decision.answer?.trim());
}
