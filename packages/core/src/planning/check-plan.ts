import type { Json, Plan } from '@fermata/contracts';
import { planSchema } from '@fermata/contracts/schemas';
import { checkKeyResults } from './check-key-results.js';
import { checkTasks } from './check-tasks.js';
import { problemSentences } from './problem-sentences.js';

export type CheckedPlan = { plan: Plan } | { problems: string[] };

/**
 * A plan as a model wrote it: either fit to be approved and run, or every reason why not, as sentences that begin with
 * the place (`tasks[2].dependsOn: …`) for the model to mend. Contents are looked at once the shape is right.
 */
export function checkPlan(input: Json): CheckedPlan {
  const shaped = planSchema.safeParse(input);
  if (!shaped.success) return { problems: problemSentences(shaped.error) };
  const plan: Plan = shaped.data;
  const problems = [...checkKeyResults(plan.keyResults), ...checkTasks(plan.tasks)];
  return problems.length > 0 ? { problems } : { plan };
}
