import type { StateTable } from '../state-table.js';

/** `denied`: a person said no, or nobody answered in time. */
export const OkrRunState = {
  drafting: 'drafting',
  awaitingApproval: 'awaiting_approval',
  running: 'running',
  paused: 'paused',
  measuring: 'measuring',
  completed: 'completed',
  failed: 'failed',
  denied: 'denied',
  cancelled: 'cancelled',
} as const;
export type OkrRunState = (typeof OkrRunState)[keyof typeof OkrRunState];

/**
 * A pause remembers where it came from, so `paused` may lead back to any working state. A run that comes to its end just
 * when it is paused ends: nothing is left to hold.
 */
export const okrRunTransitions: StateTable<OkrRunState> = {
  drafting: ['awaiting_approval', 'paused', 'failed', 'cancelled'],
  awaiting_approval: ['running', 'paused', 'denied', 'failed', 'cancelled'],
  running: ['measuring', 'paused', 'failed', 'cancelled'],
  paused: ['drafting', 'awaiting_approval', 'running', 'measuring', 'completed', 'denied', 'failed', 'cancelled'],
  measuring: ['completed', 'paused', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  denied: [],
  cancelled: [],
};
