import type { ChangeRequestRecordActivities, RecordActivities } from '@fermata/contracts';
import { describedLocalActivities } from './described-activities.js';
import { recordPolicy } from './policies.js';

/** Records that every workflow keeps. */
export const records = describedLocalActivities<RecordActivities & ChangeRequestRecordActivities>(recordPolicy, {
  recordWaiting: 'Say what this waits for',
  settleApproval: 'Read the decision',
  readOrders: 'Read the orders',
  moveChangeRequest: 'Move the change request',
  takeLandingTurn: 'Take the turn to land',
});
