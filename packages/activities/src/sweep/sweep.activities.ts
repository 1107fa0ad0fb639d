import { isDomainError, type SweepActivities } from '@fermata/contracts';
import { createSweepReader } from '@fermata/database';
import { log } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';

/** A nudge that has not been answered after this long is repeated. */
const nudgeAfterMs = 10_000;

export function createSweepActivities(deps: ActivityDeps): SweepActivities {
  const rows = createSweepReader(deps.database);
  return {
    async startMissingWorkflows() {
      const runs = await rows.unfinishedOkrRuns();
      let started = 0;
      for (const run of runs) if (await deps.nudger.startOkrRun(run)) started += 1;
      return started;
    },

    async repeatNudges() {
      const before = new Date(Date.now() - nudgeAfterMs);
      const orders = await rows.unseenOrders();
      for (const { id } of orders) await deps.nudger.ordersChanged(id);
      const decisions = await rows.unsettledDecisions(before);
      for (const { id, workflowId } of decisions) await deps.nudger.approvalDecided(workflowId, id);
      return orders.length + decisions.length;
    },

    async releaseOrphanedWorktrees() {
      const found = await deps.git.listWorktrees();
      let released = 0;
      for (const { worktreeId, ...worktree } of found) {
        const owner = await rows.ownerOf(worktreeId);
        const repositoryId = worktree.repositoryId ?? owner?.notAdded;
        if (!owner?.ended || repositoryId === undefined) continue;
        if (!(await release(deps, { repositoryId, worktreeId }))) continue;
        released += 1;
        if (owner.notAdded !== undefined) await deps.git.removeMirror(owner.notAdded);
      }
      return released;
    },
  };
}

/** One that cannot be released now stays, is tried again by the next sweep, and does not keep the others. */
async function release(deps: ActivityDeps, worktree: { repositoryId: string; worktreeId: string }): Promise<boolean> {
  try {
    await deps.git.releaseWorktree(worktree);
    return true;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    log.warn('a worktree cannot be released', { ...worktree, code: error.code });
    return false;
  }
}
