import { log } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { cannotBeRead } from '../repositories/cannot-be-read.js';
import { activityScope } from '../runtime/activity-scope.js';
import type { Workspace } from '../workspace.js';

type ChangeRequestRow = Awaited<ReturnType<Workspace['changeRequests']['get']>>;
type OpenMove = Awaited<ReturnType<Workspace['effects']['openOf']>>[number];

/**
 * Law 3: says what became of the moves of the target that a change request began and nobody recorded, as where its
 * checkout was dirty and a person gave up. The repository is asked: one that has happened makes the change merged. What
 * cannot be looked at stays open, because nobody can say.
 */
export async function settleOpenMoves(
  deps: ActivityDeps,
  workspace: Workspace,
  change: ChangeRequestRow,
): Promise<void> {
  const moves = (await workspace.effects.openOf(change.id)).filter(({ kind }) => kind === 'target.move');
  if (moves.length === 0) return;
  try {
    await settle(deps, workspace, { change, moves });
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    log.warn('it cannot be seen what became of a landing', { changeRequestId: change.id, code: error.code });
  }
}

async function settle(
  { git }: ActivityDeps,
  { repositories, effects, changeRequests }: Workspace,
  { change, moves }: { change: ChangeRequestRow; moves: readonly OpenMove[] },
): Promise<void> {
  const { repositoryId, targetBranch: branch } = change;
  const { location } = await repositories.get(repositoryId);
  const { headCommit } = await git.syncMirror({ repositoryId, location, branch, signal: activityScope().signal });
  for (const { key, intent } of moves) {
    const { commit } = intent as { commit: string };
    if (await git.isAncestor({ repositoryId, ancestor: commit, descendant: headCommit })) {
      // Before the effect is settled: a crash in between must find it open and look again.
      if (change.state !== 'closed') await changeRequests.recordMerged(change.id, commit);
      await effects.settle(key, { commit });
    } else await effects.abandon(key, 'It had not come about when its change request ended.');
  }
}
