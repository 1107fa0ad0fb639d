import {
  createAgentRunRepository,
  createChangeRequestRepository,
  createEvidenceRepository,
  createOkrRunRepository,
  createPlanRepository,
  createStepRepository,
  createTaskRepository,
  createWaitingRepository,
  type Located,
  repositoriesFor,
} from '@fermata/database';
import type { ActivityDeps } from './deps.js';

/** Everything a workspace's activities read and write. */
export type Workspace = ReturnType<typeof workspaceOf>;

function workspaceOf({ database }: ActivityDeps, workspaceId: string) {
  return {
    workspaceId,
    ...repositoriesFor(database, workspaceId),
    agentRuns: createAgentRunRepository(database, workspaceId),
    changeRequests: createChangeRequestRepository(database, workspaceId),
    evidence: createEvidenceRepository(database, workspaceId),
    okrRuns: createOkrRunRepository(database, workspaceId),
    plans: createPlanRepository(database, workspaceId),
    steps: createStepRepository(database, workspaceId),
    tasks: createTaskRepository(database, workspaceId),
    waiting: createWaitingRepository(database, workspaceId),
  };
}

/** Opens the workspace of the row a workflow works for. */
export async function openWorkspace(deps: ActivityDeps, kind: Located, id: string): Promise<Workspace> {
  return workspaceOf(deps, await deps.locate(kind, id));
}
