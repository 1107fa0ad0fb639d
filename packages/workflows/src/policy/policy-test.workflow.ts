/**
 * Says what an agent's policy would decide about a command line. Short, so that the API can wait for it.
 *
 * Steps: ask the policy engine, in one activity.
 * Messages: none; the result is the answer.
 * Survives: any crash; nothing is changed.
 */
import type { PolicyActivities, PolicyDecision, PolicyTestRequest } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';

const { testPolicy } = describedActivities<PolicyActivities>(
  { startToCloseTimeout: 10_000, retry: { maximumAttempts: 3, initialInterval: 200 } },
  { testPolicy: 'Ask the policy of an agent' },
);

export async function policyTest(request: PolicyTestRequest): Promise<PolicyDecision> {
  return testPolicy(request);
}
