import { isDomainError, type SweepActivities, type TaskId } from '@fermata/contracts';
import { createSweepReader, type WorktreeOwner } from '@fermata/database';
import { log } from '@temporalio/activity';
import { leaveLandingQueue } from '../change-requests/leave-landing-queue.js';
import type { ActivityDeps } from '../deps.js';
import { activityScope } from '../runtime/activity-scope.js';
import { releaseTaskWorktree } from '../tasks/release-task-worktree.js';
import { endLostRun } from './end-lost-run.js';

/** A nudge that has not been answered after this long is repeated. */
const nudgeAfterMs = 10_000;

export function createSweepActivities(deps: ActivityDeps): SweepActivities {
  const rows = createSweepReader(deps.database);
  return {
    async startMissingWorkflows() {
      return countRepaired('a run cannot be started or settled', await rows.unfinishedOkrRuns(), async (run) => {
        if (await deps.nudger.startOkrRun(run)) return true;
        if (!(await deps.nudger.isRunning(run.id))) await endLostRun(deps, run.id);
        return false;
      });
    },

    async repeatNudges() {
      const before = new Date(Date.now() - nudgeAfterMs);
      const orders = await countRepaired(
        'a run cannot be told of orders',
        await rows.unseenOrders(),
        async ({ id }) => {
          await deps.nudger.ordersChanged(id);
          return true;
        },
      );
      const unread = await rows.unsettledDecisions(before);
      const decisions = await countRepaired('nobody can be told of a decision', unread, async ({ id, workflowId }) => {
        await deps.nudger.approvalDecided(workflowId, id);
        return true;
      });
      return orders + decisions;
    },

    async dropAbandonedTurns() {
      const open = await rows.landingTurns(new Date(Date.now() - nudgeAfterMs));
      const turns = open.map((turn) => ({ ...turn, id: turn.changeRequestId }));
      return countRepaired('a turn to land cannot be dropped', turns, async (turn) => {
        if (await deps.nudger.isRunning(turn.changeRequestId)) return false;
        await leaveLandingQueue(deps, turn);
        return true;
      });
    },

    async releaseOrphanedWorktrees() {
      const found = (await deps.git.listWorktrees()).map((each) => ({ ...each, id: each.worktreeId }));
      return countRepaired('a worktree cannot be released', found, async ({ worktreeId, ...worktree }) => {
        const owner = await rows.ownerOf(worktreeId);
        const repositoryId = worktree.repositoryId ?? owner?.notAdded;
        if (!owner?.ended || repositoryId === undefined) return false;
        await release(deps, { repositoryId, worktreeId, ...owner });
        if (owner.notAdded !== undefined) await deps.git.removeMirror(owner.notAdded);
        return true;
      });
    },
  };
}

/** Repairs one after the other and says how many there were. One that fails is left to the next sweep, not the others. */
async function countRepaired<Item extends { id: string }>(
  failed: string,
  items: readonly Item[],
  repair: (item: Item) => Promise<boolean>,
): Promise<number> {
  let repaired = 0;
  for (const item of items) {
    try {
      if (await repair(item)) repaired += 1;
    } catch (error) {
      activityScope().signal.throwIfAborted();
      log.warn(failed, { id: item.id, ...(isDomainError(error) ? { code: error.code } : { error: String(error) }) });
    }
  }
  return repaired;
}

interface Orphan extends WorktreeOwner {
  repositoryId: string;
  worktreeId: string;
}

/** A task's worktree goes as its own workflow would have it: its row and its people learn where the work is. */
async function release(deps: ActivityDeps, { repositoryId, worktreeId, attempt }: Orphan): Promise<void> {
  if (attempt !== undefined) await releaseTaskWorktree(deps, { taskId: worktreeId as TaskId, attempt });
  else await deps.git.releaseWorktree({ repositoryId, worktreeId });
}
