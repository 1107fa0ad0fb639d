import type { GateDefinition } from '../gates/gate.js';
import type { PrincipalId, RepositoryId, WorkspaceId } from '../ids.js';

/** What a person says of a repository; what is left out is found by looking. */
export interface RepositoryRequest {
  workspaceId: WorkspaceId;
  principalId: PrincipalId;
  /** Chosen by who asks, so that every attempt works on the same mirror and adds the same row. */
  repositoryId?: RepositoryId;
  location: string;
  name?: string;
  gates?: readonly GateDefinition[];
  setupCommands?: readonly string[];
}

export interface RepositoryActivities {
  /** Looks at the repository (is it one, has it commits, which gates) and adds it, once for each location. */
  addRepository(input: RepositoryRequest): Promise<{ repositoryId: RepositoryId }>;
}
