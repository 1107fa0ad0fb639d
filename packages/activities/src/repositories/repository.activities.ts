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
      const id = request.repositoryId ?? newId('repo');
      const place = { repositoryId: id, location, commit: headCommit };
      return keptIfAdded(deps, place, async () => {
        const found = await detect(deps, request, place);
        const name = request.name ?? basename(location, '.git');
        // Whoever asked may have been told that it took too long: then it is not for this attempt to add it any more.
        activityScope().signal.throwIfAborted();
        const added = await repositories.add(
          { id, name, location, forge: 'local', defaultBranch, ...found },
          { addedBy: request.principalId },
        );
        return { repositoryId: added.id };
      });
    },
  };
}

interface Place {
  repositoryId: RepositoryId;
  location: string;
  commit: string;
}

const worktreeOf = (repositoryId: RepositoryId) => ({ repositoryId, worktreeId: `${repositoryId}-inspect` });

/**
 * The mirror has the id from the start, so that what was fetched to look at it is what will be worked with. When nothing is
 * added under that id it goes again; an attempt that was stopped leaves it to the next, or to the sweep.
 */
async function keptIfAdded(
  { git }: ActivityDeps,
  { repositoryId }: Place,
  add: () => Promise<{ repositoryId: RepositoryId }>,
): Promise<{ repositoryId: RepositoryId }> {
  const clearAway = async () => {
    await git.releaseWorktree(worktreeOf(repositoryId));
    await git.removeMirror(repositoryId);
  };
  try {
    const added = await add();
    if (added.repositoryId === repositoryId) await git.releaseWorktree(worktreeOf(repositoryId));
    else await clearAway();
    return added;
  } catch (error) {
    // Why nothing was added is what is told; what cannot be cleared away now is the sweep's.
    if (!activityScope().signal.aborted) await clearAway().catch(() => undefined);
    throw error;
  }
}

/** What was declared stands; the rest is found by looking at a clean checkout, never at the user's own. */
async function detect(deps: ActivityDeps, request: RepositoryRequest, { repositoryId, location, commit }: Place) {
  const { gates: declared, setupCommands } = request;
  const { signal } = activityScope();
  await deps.git.syncMirror({ repositoryId, location, signal });
  const { path } = await deps.git.prepareDetachedWorktree({ ...worktreeOf(repositoryId), commit, signal });
  // Declared to have none: nothing checks the work, and whoever approves a plan must be told so.
  const source: GateSource = declared && declared.length > 0 ? 'declared' : 'none';
  const found = declared ? { gates: declared, source } : await detectGates(path);
  return {
    gates: found.gates,
    gateSource: found.source,
    setupCommands: setupCommands ?? (await detectSetupCommands(path)),
  };
}
