import type { SweepActivities } from '@fermata/contracts';
import { createSweepReader } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';

/** A nudge that has not been answered after this long is repeated. */
const nudgeAfterMs = 10_000;

export function createSweepActivities(deps: ActivityDeps): SweepActivities {
  const rows = createSweepReader(deps.database);
  return {
    async startMissingWorkflows() {
      const runs = await rows.unfinishedOkrRuns();
      for (const run of runs) await deps.nudger.startOkrRun(run);
      return runs.length;
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
        if (!owner || !owner.ended) continue;
        await deps.git.releaseWorktree({ repositoryId, worktreeId });
        released += 1;
      }
      return released;
    },
  };
}
