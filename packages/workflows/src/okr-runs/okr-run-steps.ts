import type { MeasuringActivities, OkrRunActivities } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';
import { databasePolicy, worktreePolicy } from '../policies.js';

/** The steps of an OKR run that any worker can take. */
export const okrSteps = describedActivities<Omit<OkrRunActivities, 'queuePlanning'>>(databasePolicy, {
  loadOkrRun: 'Load the OKR run',
  adoptPlan: 'Take the plan, ask for approval',
  settlePlanApproval: 'Read the decision about the plan',
  listPlannedWork: 'List tasks and key results',
  moveOkrRun: ({ to }) => `The OKR run is now ${to}`,
  skipTask: ({ taskId }) => `Skip ${taskId}: what it depends on was not done`,
  recordMeasurementAnswer: ({ phase }) => `Take a measurement from a person (${phase})`,
  concludeOkrRun: 'Write the report',
  concludeCancelled: 'Conclude the cancelled run',
});

/** The planner reads the repository, so its worktree is made first; whoever takes this becomes its host. */
export const { queuePlanning } = describedActivities<Pick<OkrRunActivities, 'queuePlanning'>>(worktreePolicy, {
  queuePlanning: 'Brief the planner',
});

/** Measuring runs the repository's own code; any host can make the clean worktree it needs. */
export const { measureKeyResult } = describedActivities<MeasuringActivities>(worktreePolicy, {
  measureKeyResult: ({ keyResultId, phase }) => `Measure key result ${keyResultId} (${phase})`,
});
