import type { PolicyActivities } from '@fermata/contracts';
import { repositoriesFor } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';

/** Stands for the worktree of a run that is not there. */
const worktree = '/worktree';

export function createPolicyActivities(deps: ActivityDeps): PolicyActivities {
  return {
    async testPolicy({ workspaceId, agentId, command }) {
      const { policy } = await repositoriesFor(deps.database, workspaceId).agents.get(agentId);
      const place = { worktree, home: deps.home };
      return deps.policy.decide(policy, { kind: 'command', tool: 'bash', commandLine: command }, place);
    },
  };
}
