import { createApprovalRepository } from './approvals/approval.repository.js';
import { createBudgetRepository } from './budgets/budget.repository.js';
import type { Database } from './client.js';
import { createAgentRepository } from './repositories/agent.repository.js';
import type { BlobCache } from './repositories/blob-cache.js';
import { createBlobRepository } from './repositories/blob.repository.js';
import { createEffectRepository } from './repositories/effect.repository.js';
import { createEventRepository } from './repositories/event.repository.js';
import { createRepositoryRepository } from './repositories/git-repository.repository.js';

export type Repositories = ReturnType<typeof repositoriesFor>;

/** Everything one workspace remembers. None of it can see, or change, a row of another workspace. */
export function repositoriesFor(database: Database, workspaceId: string, blobCache?: BlobCache) {
  return {
    agents: createAgentRepository(database, workspaceId),
    approvals: createApprovalRepository(database, workspaceId),
    blobs: createBlobRepository(database, workspaceId, blobCache),
    budgets: createBudgetRepository(database, workspaceId),
    effects: createEffectRepository(database, workspaceId),
    events: createEventRepository(database, workspaceId),
    repositories: createRepositoryRepository(database, workspaceId),
  };
}
