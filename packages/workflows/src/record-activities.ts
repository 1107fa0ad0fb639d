import type { ChangeRequestRecordActivities, RecordActivities } from '@fermata/contracts';
import { describedLocalActivities, uncancelled } from './described-activities.js';
import { recordPolicy } from './policies.js';

/** Records that every workflow keeps. */
export const records = describedLocalActivities<RecordActivities & ChangeRequestRecordActivities>(recordPolicy, {
  recordWaiting: ({ waiting }) => `Say on the row: ${waiting.detail}`,
  settleApproval: 'Read the decision',
  readOrders: 'Read the orders',
  moveChangeRequest: ({ to }) => `The change request is now ${to}`,
  takeLandingTurn: 'Take the turn to land',
});

/** The same, which no cancel reaches. */
export const wholeRecords = uncancelled<RecordActivities & ChangeRequestRecordActivities>(records);
