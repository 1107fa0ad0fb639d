import {
  ApprovalState,
  IdPrefix,
  idPrefix,
  inspectionLimitMs,
  isFinal,
  okrRunTransitions,
  OkrRunState,
  settledTaskStates,
  type TaskState,
} from '@fermata/contracts';
import type { Database } from '../client.js';
import { mintedAt } from '../new-id.js';

const finalRunStates = Object.values(OkrRunState).filter((state) => isFinal(okrRunTransitions, state));

export interface WorktreeOwner {
  ended: boolean;
  /** Of a task: the attempt that has ended. */
  attempt?: number;
  /** Of an inspection after which nothing was added: nobody will ask for this repository's mirror any more. */
  notAdded?: string;
}

/** What the sweep looks for, over all workspaces: it repairs for everybody and shows nothing to anybody. */
export function createSweepReader(database: Database) {
  /** The planner's worktree has served when there is a plan, the measuring one when the run has ended. */
  async function scratchOfRun(worktreeId: string): Promise<{ ended: boolean } | null> {
    const id = worktreeId.replace(/-(plan|measure)$/, '');
    const run = await database.okrRun.findUnique({ where: { id }, select: { endedAt: true, planDigest: true } });
    if (!run) return null;
    return { ended: run.endedAt !== null || (worktreeId.endsWith('-plan') && run.planDigest !== null) };
  }

  /** While an inspection may still be under way, there is no row of it: its age decides. */
  async function inspectionOf(worktreeId: string): Promise<WorktreeOwner | null> {
    const id = worktreeId.replace(/-inspect$/, '');
    if (idPrefix(id) !== IdPrefix.repository) return null;
    if (await database.repository.findUnique({ where: { id }, select: { id: true } })) return { ended: true };
    return { ended: Date.now() - mintedAt(id).getTime() > 2 * inspectionLimitMs, notAdded: id };
  }

  return {
    /** Runs that must have a workflow. Starting one that is there already is refused by Temporal, which is the check. */
    unfinishedOkrRuns: () =>
      database.okrRun.findMany({
        where: { state: { notIn: finalRunStates } },
        select: { id: true, workspaceId: true, repositoryId: true },
        orderBy: { id: 'asc' },
      }),

    /** Runs whose workflow has not read the latest orders. */
    async unseenOrders(): Promise<{ id: string }[]> {
      return database.$queryRaw`
        SELECT "id" FROM "okr_run" WHERE "orders_seen" < "orders_revision" AND "ended_at" IS NULL ORDER BY "id"`;
    },

    /** Answers that no workflow has read, of runs that still have one: an ended run waits for nothing. */
    async unsettledDecisions(decidedBefore: Date): Promise<{ id: string; workflowId: string }[]> {
      return database.$queryRaw`
        SELECT a."id", a."workflow_id" AS "workflowId"
        FROM "approval" a JOIN "okr_run" r ON r."id" = a."okr_run_id"
        WHERE a."state" <> ${ApprovalState.pending} AND a."settled_at" IS NULL AND a."decided_at" < ${decidedBefore}
          AND r."ended_at" IS NULL
        ORDER BY a."id" LIMIT 1000`;
    },

    /** Places in queues for landing, of whoever joined before that. */
    landingTurns: (queuedBefore: Date) =>
      database.landingTurn.findMany({
        where: { queuedAt: { lt: queuedBefore } },
        select: { changeRequestId: true, queuedAt: true },
        orderBy: { changeRequestId: 'asc' },
      }),

    /** Whether the task, change request, run or inspection that a worktree was made for has ended; null when nobody owns it. */
    async ownerOf(worktreeId: string): Promise<WorktreeOwner | null> {
      const [prefix] = worktreeId.split('_');
      if (prefix === 'task') {
        const task = await database.task.findUnique({
          where: { id: worktreeId },
          select: { state: true, attempts: true },
        });
        return task && { ended: settledTaskStates.includes(task.state as TaskState), attempt: task.attempts };
      }
      if (prefix === 'cr') {
        const change = await database.changeRequest.findUnique({ where: { id: worktreeId } });
        return change && { ended: change.mergedAt !== null || change.closedAt !== null };
      }
      return prefix === 'repo' ? inspectionOf(worktreeId) : scratchOfRun(worktreeId);
    },
  };
}
