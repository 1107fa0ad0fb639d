import { isDomainError, type SweepActivities, type TaskId } from '@fermata/contracts';
import { createSweepReader, type WorktreeOwner } from '@fermata/database';
import { log } from '@temporalio/activity';
import type { ActivityDeps } from '../deps.js';
import { releaseTaskWorktree } from '../tasks/release-task-worktree.js';
import { endLostRun } from './end-lost-run.js';

/** A nudge that has not been answered after this long is repeated. */
const nudgeAfterMs = 10_000;

export function createSweepActivities(deps: ActivityDeps): SweepActivities {
  const rows = createSweepReader(deps.database);
  return {
    async startMissingWorkflows() {
      const runs = await rows.unfinishedOkrRuns();
      let started = 0;
      for (const run of runs) {
        if (await deps.nudger.startOkrRun(run)) started += 1;
        else if (!(await deps.nudger.isRunning(run.id))) await endLostRun(deps, run.id);
      }
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
      for (const { worktreeId, repositoryId } of found) {
        if (repositoryId === null) continue;
        const owner = await rows.ownerOf(worktreeId);
        if (!owner?.ended) continue;
        if (await release(deps, { repositoryId, worktreeId, ...owner })) released += 1;
      }
      return released;
    },
  };
}

interface Orphan extends WorktreeOwner {
  repositoryId: string;
  worktreeId: string;
}

/** One that cannot be released now stays, is tried again by the next sweep, and does not keep the others. */
async function release(deps: ActivityDeps, { repositoryId, worktreeId, attempt }: Orphan): Promise<boolean> {
  try {
    if (attempt === undefined) await deps.git.releaseWorktree({ repositoryId, worktreeId });
    // As its own workflow would have: the row and the people of a task learn where the work is.
    else await releaseTaskWorktree(deps, { taskId: worktreeId as TaskId, attempt });
    return true;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    log.warn('a worktree cannot be released', { repositoryId, worktreeId, code: error.code });
    return false;
  }
}
