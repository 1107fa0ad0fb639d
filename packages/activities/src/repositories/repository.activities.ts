import type { RepositoryActivities, RepositoryRequest } from '@fermata/contracts';
import { detectGates, detectSetupCommands } from '@fermata/core/gates';
import { repositoriesFor } from '@fermata/database';
import { basename } from 'node:path';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';

export function createRepositoryActivities(deps: ActivityDeps): RepositoryActivities {
  return {
    async addRepository(request) {
      const { repositories } = repositoriesFor(deps.database, request.workspaceId);
      const { location, defaultBranch, headCommit } = await deps.git.inspectRepository(request.location);
      const known = (await repositories.list()).find((one) => one.location === location);
      if (known) return { repositoryId: known.id };
      const found = await detect(deps, request, { location, commit: headCommit });
      const name = request.name ?? basename(location, '.git');
      const { id } = await repositories.add({ name, location, forge: 'local', defaultBranch, ...found }, { addedBy: request.principalId });
      return { repositoryId: id };
    },
  };
}

/** What was declared stands; the rest is found by looking at a clean checkout, never at the user's own. */
async function detect(deps: ActivityDeps, request: RepositoryRequest, { location, commit }: { location: string; commit: string }) {
  const { gates: declared, setupCommands } = request;
  const { signal } = activityScope();
  const scratch = `inspect-${commit.slice(0, 12)}`;
  await deps.git.syncMirror({ repositoryId: scratch, location, signal });
  const { path } = await deps.git.prepareDetachedWorktree({ repositoryId: scratch, worktreeId: scratch, commit, signal });
  try {
    const { gates, source } = declared ? { gates: declared, source: 'declared' as const } : await detectGates(path);
    return { gates, gateSource: source, setupCommands: setupCommands ?? (await detectSetupCommands(path)) };
  } finally {
    await deps.git.releaseWorktree({ repositoryId: scratch, worktreeId: scratch });
  }
}
