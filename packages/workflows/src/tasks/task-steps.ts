import type { TaskActivities, WorktreeActivities } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';
import { databasePolicy, worktreePolicy } from '../policies.js';

/** The steps of a task that any worker can take. */
export const taskSteps = describedActivities<TaskActivities>(databasePolicy, {
  beginTask: 'Begin the task',
  queueAgentRun: 'Brief an agent',
  moveTask: 'Move the task',
  recordReview: 'Take the verdict',
  askAboutTask: 'Ask a person about the task',
  settleTask: 'Settle the task',
  prepareChangeRequest: 'Prepare the change request',
});

/** The steps that need the worktree. */
export function worktreeOn(hostQueue: string): WorktreeActivities {
  return describedActivities<WorktreeActivities>(
    { ...worktreePolicy, taskQueue: hostQueue },
    {
      prepareWorktree: 'Prepare the worktree',
      runGate: 'Run a gate',
      inspectChange: 'Look at what changed',
      mergeTarget: 'Bring in the target’s newer commits',
      releaseWorktree: 'Keep the branch, release the worktree',
    },
  );
}
