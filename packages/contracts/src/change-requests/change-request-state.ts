import type { StateTable } from '../state-table.js';

export const ChangeRequestState = {
  preparing: 'preparing',
  open: 'open',
  checksFailing: 'checks_failing',
  changesRequested: 'changes_requested',
  ready: 'ready',
  merging: 'merging',
  merged: 'merged',
  closed: 'closed',
} as const;
export type ChangeRequestState = (typeof ChangeRequestState)[keyof typeof ChangeRequestState];

export const changeRequestTransitions: StateTable<ChangeRequestState> = {
  preparing: ['open', 'closed'],
  open: ['checks_failing', 'changes_requested', 'ready', 'merged', 'closed'],
  checks_failing: ['open', 'changes_requested', 'ready', 'merged', 'closed'],
  changes_requested: ['open', 'checks_failing', 'ready', 'merged', 'closed'],
  ready: ['open', 'checks_failing', 'changes_requested', 'merging', 'merged', 'closed'],
  merging: ['ready', 'open', 'checks_failing', 'changes_requested', 'merged', 'closed'],
  merged: [],
  closed: [],
};
