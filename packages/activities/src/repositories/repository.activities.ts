import type { GateSource, RepositoryActivities, RepositoryId, RepositoryRequest } from '@fermata/contracts';
import { detectGates, detectSetupCommands } from '@fermata/core/gates';
import { newId, repositoriesFor } from '@fermata/database';
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
      // The mirror has the id from the start, so that what was fetched to look at it is what will be worked with.
      const id = newId('repo');
      const found = await detect(deps, request, { repositoryId: id, location, commit: headCommit });
      const name = request.name ?? basename(location, '.git');
      const added = await repositories.add(
        { id, name, location, forge: 'local', defaultBranch, ...found },
        { addedBy: request.principalId },
      );
      return { repositoryId: added.id };
    },
  };
}

interface Place {
  repositoryId: RepositoryId;
  location: string;
  commit: string;
}

/** What was declared stands; the rest is found by looking at a clean checkout, never at the user's own. */
async function detect(deps: ActivityDeps, request: RepositoryRequest, { repositoryId, location, commit }: Place) {
  const { gates: declared, setupCommands } = request;
  const { signal } = activityScope();
  const worktreeId = `${repositoryId}-inspect`;
  await deps.git.syncMirror({ repositoryId, location, signal });
  const { path } = await deps.git.prepareDetachedWorktree({ repositoryId, worktreeId, commit, signal });
  try {
    // Declared to have none: nothing checks the work, and whoever approves a plan must be told so.
    const source: GateSource = declared && declared.length > 0 ? 'declared' : 'none';
    const found = declared ? { gates: declared, source } : await detectGates(path);
    return {
      gates: found.gates,
      gateSource: found.source,
      setupCommands: setupCommands ?? (await detectSetupCommands(path)),
    };
  } finally {
    await deps.git.releaseWorktree({ repositoryId, worktreeId });
  }
}
