import {
  type AgentRunRepository,
  createAgentRunRepository,
  type ChangeRequestRepository,
  createChangeRequestRepository,
  type EvidenceRepository,
  createEvidenceRepository,
  type LandingQueueRepository,
  createLandingQueueRepository,
  type OkrRunRepository,
  createOkrRunRepository,
  type PlanRepository,
  createPlanRepository,
  type SealedAnswerRepository,
  createSealedAnswerRepository,
  type StepRepository,
  createStepRepository,
  type TaskRepository,
  createTaskRepository,
  type WaitingRepository,
  createWaitingRepository,
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
  landingQueue: LandingQueueRepository;
  okrRuns: OkrRunRepository;
  plans: PlanRepository;
  sealedAnswers: SealedAnswerRepository;
  steps: StepRepository;
  tasks: TaskRepository;
  waiting: WaitingRepository;
}

function workspaceOf({ database, blobCache: cache, cipher }: ActivityDeps, workspaceId: string): Workspace {
  return {
    workspaceId,
    ...repositoriesFor(database, workspaceId, cache),
    agentRuns: createAgentRunRepository(database, workspaceId),
    changeRequests: createChangeRequestRepository(database, workspaceId),
    evidence: createEvidenceRepository(database, workspaceId),
    landingQueue: createLandingQueueRepository(database, workspaceId),
    okrRuns: createOkrRunRepository(database, workspaceId),
    plans: createPlanRepository(database, workspaceId),
    sealedAnswers: createSealedAnswerRepository(database, workspaceId, cipher),
    steps: createStepRepository(database, workspaceId, cache),
    tasks: createTaskRepository(database, workspaceId),
    waiting: createWaitingRepository(database, workspaceId),
  };
}

/** Opens the workspace of the row a workflow works for. */
export async function openWorkspace(deps: ActivityDeps, kind: Located, id: string): Promise<Workspace> {
  return workspaceOf(deps, await deps.locate(kind, id));
}
