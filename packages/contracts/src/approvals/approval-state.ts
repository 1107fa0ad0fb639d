import type { StateTable } from '../state-table.js';

/** `void`: the thing to be approved changed before anyone decided, so the question no longer stands. */
export const ApprovalState = {
  pending: 'pending',
  approved: 'approved',
  denied: 'denied',
  expired: 'expired',
  void: 'void',
} as const;
export type ApprovalState = (typeof ApprovalState)[keyof typeof ApprovalState];

export const approvalTransitions: StateTable<ApprovalState> = {
  pending: ['approved', 'denied', 'expired', 'void'],
  approved: [],
  denied: [],
  expired: [],
  void: [],
};
