import type { WorkspaceId } from '../ids.js';
import type { PolicyDecision } from '../policy/policy-decision.js';

/** What somebody wants to know before an agent tries it. */
export interface PolicyTestRequest {
  workspaceId: WorkspaceId;
  agentId: string;
  /** A command line, as an agent would have it run. */
  command: string;
}

export interface PolicyActivities {
  /** What the policy of the agent says of a command line, in a worktree that is not there. Runs nothing. */
  testPolicy(input: PolicyTestRequest): Promise<PolicyDecision>;
}
