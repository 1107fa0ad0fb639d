import {
  type ChangeRequestActivities,
  type CompletedLanding,
  DomainError,
  isDomainError,
  type LandingQueueActivities,
  type PreparedLanding,
} from '@fermata/contracts';
import { taskTrailer } from '@fermata/core/git';
import { Context } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { runSetup } from '../tasks/run-setup.js';
import { landingMessage, trailersOf } from '../tasks/task-texts.js';
import { openWorkspace } from '../workspace.js';
import { leaveLandingQueue } from './leave-landing-queue.js';

/** Tries before a person is told of a lock: whoever runs git there is usually done in a moment. */
const triesWhileLocked = 3;

/** A lock in the user's repository that does not go away is a person's to look at. Everything else is thrown on. */
function asLocked(deps: ActivityDeps, { repositoryId }: { repositoryId: string }, error: unknown) {
  if (!isDomainError(error) || error.code !== 'lock_contention') throw error;
  const { lock } = error.details;
  const isOurs = typeof lock === 'string' && lock.startsWith(deps.git.mirrorPath(repositoryId));
  if (isOurs || Context.current().info.attempt < triesWhileLocked) throw error;
  return { state: 'locked' as const, detail: `${error.message}. Then approve to land.` };
}

type OpenChange = Awaited<ReturnType<typeof openChange>>;

async function openChange(deps: ActivityDeps, changeRequestId: string) {
  const workspace = await openWorkspace(deps, 'changeRequest', changeRequestId);
  const change = await workspace.changeRequests.get(changeRequestId);
  const repository = await workspace.repositories.get(change.repositoryId);
  const place = {
    repositoryId: repository.id as string,
    location: repository.location,
    signal: activityScope().signal,
  };
  return { workspace, change, repository, place };
}

/** @throws DomainError `conflict` for a change request that was given up: a late call must not touch anything for it */
function refuseClosed({ change: { id, state } }: OpenChange): void {
  if (state === 'closed') throw new DomainError('conflict', `The change request ${id} is closed.`, { id });
}

/** A move that was abandoned, because the target was elsewhere then, is another move when it is tried anew. */
async function intendMove({ workspace, change }: OpenChange, landing: { commit: string; targetCommit: string }) {
  const { id: subjectId, targetBranch } = change;
  const intent = { targetBranch, ...landing };
  for (let tries = 1; ; tries += 1) {
    const key = `target.move:${subjectId}:${landing.commit}${tries > 1 ? `:${tries}` : ''}`;
    const effect = await workspace.effects.intend({ kind: 'target.move', key, subjectId, intent });
    if (effect.state !== 'abandoned') return effect;
  }
}

/** Nothing of this changes that the change is merged: what cannot be cleared away is left, and the ledger says so. */
async function clearAway({ workspace, change, place }: OpenChange, { git }: ActivityDeps): Promise<void> {
  const { id: subjectId, branch } = change;
  const { repositoryId, signal } = place;
  const key = `branch.unpublish:${subjectId}`;
  const effect = await workspace.effects.intend({ kind: 'branch.unpublish', key, subjectId, intent: { branch } });
  try {
    if (effect.state === 'intended')
      await workspace.effects.settle(key, { ...(await git.unpublishBranch({ ...place, branch })) });
    await git.releaseWorktree({ repositoryId, worktreeId: subjectId });
  } catch (error) {
    if (!isDomainError(error) || signal.aborted) throw error;
    if (effect.state === 'intended') await workspace.effects.abandon(key, error.message);
  }
}

export function createChangeRequestActivities(deps: ActivityDeps): ChangeRequestActivities & LandingQueueActivities {
  return {
    leaveLandingQueue: ({ changeRequestId }) => leaveLandingQueue(deps, { changeRequestId }),

    async publishChange({ changeRequestId }) {
      const open = await openChange(deps, changeRequestId);
      refuseClosed(open);
      const { workspace, change, place } = open;
      const { branch, headCommit } = change;
      const key = `branch.publish:${changeRequestId}:${headCommit}`;
      const effect = await workspace.effects.intend({
        kind: 'branch.publish',
        key,
        subjectId: changeRequestId,
        intent: { branch, headCommit },
      });
      if (effect.state === 'intended') {
        // Publishing finds its own branch again, so after a crash it is simply asked for once more.
        const published = await deps.git.publishBranch({ ...place, branch });
        await workspace.effects.settle(key, { ...published });
      }
      if (change.state === 'preparing') await workspace.changeRequests.move(changeRequestId, 'open');
    },

    async prepareLanding({ changeRequestId }): Promise<PreparedLanding> {
      const { workspace, change, repository, place } = await openChange(deps, changeRequestId);
      const task = await workspace.tasks.get(change.taskId);
      const agent = await workspace.agents.get(task.agentId);
      const { branch, baseCommit, targetBranch } = change;
      const message = landingMessage(task);
      const trailers = { ...trailersOf(task, agent.name), [taskTrailer]: task.id };
      const prepared = await deps.git.prepareLanding({
        ...place,
        worktreeId: changeRequestId,
        branch,
        baseCommit,
        targetBranch,
        message,
        trailers,
      });
      switch (prepared.state) {
        case 'prepared':
          await runSetup(deps, { worktreeId: changeRequestId, commands: repository.setupCommands });
          return { outcome: 'prepared', commit: prepared.commit, targetCommit: prepared.targetCommit };
        case 'already_landed':
          return { outcome: 'already_landed', commit: prepared.commit };
        case 'conflict':
          return { outcome: 'conflict', targetCommit: prepared.targetCommit, files: prepared.files };
        case 'empty':
          return { outcome: 'empty' };
      }
    },

    async completeLanding({ changeRequestId, commit, targetCommit }): Promise<CompletedLanding> {
      const open = await openChange(deps, changeRequestId);
      refuseClosed(open);
      const { workspace, change, place } = open;
      const { targetBranch } = change;
      const { key, state } = await intendMove(open, { commit, targetCommit });
      // It has happened. Should somebody have taken it back since, it is not for us to do it again.
      if (state === 'done') return { outcome: 'landed', commit };
      const order = { ...place, commit, targetBranch, expectedTarget: targetCommit };
      const landing = await deps.git.completeLanding(order).catch((error: unknown) => asLocked(deps, place, error));
      switch (landing.state) {
        case 'locked':
          return { outcome: 'locked', detail: landing.detail };
        case 'landed':
        case 'already_landed':
          await workspace.effects.settle(key, { commit: landing.commit });
          return { outcome: 'landed', commit: landing.commit };
        case 'target_moved':
          await workspace.effects.abandon(key, 'The target moved meanwhile.');
          return { outcome: 'target_moved' };
        case 'checkout_dirty':
          return { outcome: 'checkout_dirty', files: landing.files, checkout: landing.checkout };
      }
    },

    async recordMerged({ changeRequestId, commit }) {
      const open = await openChange(deps, changeRequestId);
      const { workspace, change, place } = open;
      const { repositoryId, targetBranch: branch } = change;
      const { headCommit } = await deps.git.syncMirror({ ...place, branch });
      const isThere = await deps.git.isAncestor({ repositoryId, ancestor: commit, descendant: headCommit });
      if (!isThere)
        throw new DomainError('conflict', `${commit} is no longer on ${branch}: somebody rewrote it.`, {
          commit,
          branch,
        });
      await workspace.changeRequests.recordMerged(changeRequestId, commit);
      await clearAway(open, deps);
    },
  };
}
