import {
  type AgentRunRepository,
  BlobCache,
  createAgentRunRepository,
  type ChangeRequestRepository,
  createChangeRequestRepository,
  type EvidenceRepository,
  createEvidenceRepository,
  type OkrRunRepository,
  createOkrRunRepository,
  type PlanRepository,
  createPlanRepository,
  type StepRepository,
  createStepRepository,
  type TaskRepository,
  createTaskRepository,
  type WaitingRepository,
  createWaitingRepository,
  type Database,
  type Located,
  type Repositories,
  repositoriesFor,
} from '@fermata/database';
import type { ActivityDeps } from './deps.js';

/** Everything a workspace's activities read and write. */
export interface Workspace extends Repositories {
  workspaceId: string;
  agentRuns: AgentRunRepository;
  changeRequests: ChangeRequestRepository;
  evidence: EvidenceRepository;
  okrRuns: OkrRunRepository;
  plans: PlanRepository;
  steps: StepRepository;
  tasks: TaskRepository;
  waiting: WaitingRepository;
}

/** Prompts, answers and tool output of the runs at work: read again at each step, and never changed. */
const cachedCharacters = 32 * 1024 * 1024;

/** One for each database, and so for each worker. */
const caches = new WeakMap<Database, BlobCache>();

function cacheOf(database: Database): BlobCache {
  const cache = caches.get(database) ?? new BlobCache(cachedCharacters);
  caches.set(database, cache);
  return cache;
}

function workspaceOf({ database }: ActivityDeps, workspaceId: string): Workspace {
  const cache = cacheOf(database);
  return {
    workspaceId,
    ...repositoriesFor(database, workspaceId, cache),
    agentRuns: createAgentRunRepository(database, workspaceId),
    changeRequests: createChangeRequestRepository(database, workspaceId),
    evidence: createEvidenceRepository(database, workspaceId),
    okrRuns: createOkrRunRepository(database, workspaceId),
    plans: createPlanRepository(database, workspaceId),
    steps: createStepRepository(database, workspaceId, cache),
    tasks: createTaskRepository(database, workspaceId),
    waiting: createWaitingRepository(database, workspaceId),
  };
}

/** Opens the workspace of the row a workflow works for. */
export async function openWorkspace(deps: ActivityDeps, kind: Located, id: string): Promise<Workspace> {
  return workspaceOf(deps, await deps.locate(kind, id));
}
