import { createAgentRunActivities } from './agent-runs/agent-run.activities.js';
import { createAgentToolActivities } from './agent-runs/agent-tool.activities.js';
import { createChangeRequestActivities } from './change-requests/change-request.activities.js';
import { createExternalAgentActivities } from './external-agents/external-agent.activities.js';
import type { ActivityDeps } from './deps.js';
import { createOkrRunActivities } from './okr-runs/okr-run.activities.js';
import { createPolicyActivities } from './policy/policy.activities.js';
import { createRecordActivities } from './records/record.activities.js';
import { createRepositoryActivities } from './repositories/repository.activities.js';
import { createSweepActivities } from './sweep/sweep.activities.js';
import { createTaskActivities } from './tasks/task.activities.js';
import { createWorktreeActivities } from './tasks/worktree.activities.js';

/** Every activity of a worker. All queues serve all of them: which host runs one is the workflow's decision. */
export function createActivities(deps: ActivityDeps) {
  return {
    ...createAgentRunActivities(deps),
    ...createAgentToolActivities(deps),
    ...createChangeRequestActivities(deps),
    ...createExternalAgentActivities(deps),
    ...createOkrRunActivities(deps),
    ...createPolicyActivities(deps),
    ...createRecordActivities(deps),
    ...createRepositoryActivities(deps),
    ...createSweepActivities(deps),
    ...createTaskActivities(deps),
    ...createWorktreeActivities(deps),
  };
}
