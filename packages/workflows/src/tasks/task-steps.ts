import type { TaskActivities, WorktreeActivities } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';
import { databasePolicy, worktreePolicy } from '../policies.js';

/** The steps of a task that any worker can take. */
export const taskSteps = describedActivities<TaskActivities>(databasePolicy, {
  beginTask: 'Begin the task',
  queueAgentRun: ({ kind, reason }) => `Brief an agent: ${kind}${reason ? ` after ${reason}` : ''}`,
  moveTask: ({ to }) => `The task is now ${to}`,
  recordReview: 'Take the verdict',
  askAboutTask: ({ reason }) => `Ask a person about the task: ${reason}`,
  settleTask: ({ state }) => `Settle the task: ${state}`,
  prepareChangeRequest: 'Prepare the change request',
});

/** The steps that need the worktree. */
export function worktreeOn(hostQueue: string): WorktreeActivities {
  return describedActivities<WorktreeActivities>(
    { ...worktreePolicy, taskQueue: hostQueue },
    {
      prepareWorktree: 'Prepare the worktree',
      runGate: ({ gate }) => `Run the gate "${gate}"`,
      inspectChange: 'Look at what changed',
      mergeTarget: 'Bring in the target’s newer commits',
      releaseWorktree: 'Keep the branch, release the worktree',
    },
  );
}
