import { ChangeRequestState, changeRequestTransitions, DomainError, isFinal } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';

/** A branch that change requests take turns to land on. */
interface Queue {
  repositoryId: string;
  targetBranch: string;
}

interface OpenTurn {
  changeRequestId: string;
  takenAt: Date | null;
}

/** The turn, or the place in the queue: who is right in front, and how many are. */
export type LandingPlace = { turn: true } | { turn: false; behind: string; ahead: number; targetBranch: string };

const finalStates = Object.values(ChangeRequestState).filter((state) => isFinal(changeRequestTransitions, state));

export type LandingQueueRepository = ReturnType<typeof createLandingQueueRepository>;

/**
 * The queues of one workspace: a row for each change request that is to land, in the order in which they came.
 *
 * Everything that changes a queue holds the lock on its repository's row. So positions show in their order, and nobody
 * leaves unseen while another looks who is in front.
 */
export function createLandingQueueRepository(database: Database, workspaceId: string) {
  async function find(tx: Transaction, id: string) {
    const change = await tx.changeRequest.findFirst({ where: { id, workspaceId } });
    if (!change) throw new DomainError('not_found', `There is no change request ${id}.`, { id });
    return change;
  }

  /** Rows that refer to the repository can be inserted all the while: its key stays as it is. */
  async function lock(tx: Transaction, { repositoryId }: Queue): Promise<void> {
    await tx.$queryRaw`
      SELECT "id" FROM "repository" WHERE "id" = ${repositoryId} AND "workspace_id" = ${workspaceId}
      FOR NO KEY UPDATE`;
  }

  /** Behind everybody who is there. One that is there keeps its place. */
  async function join(tx: Transaction, id: string, { repositoryId, targetBranch }: Queue): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO "landing_turn"
        ("workspace_id", "repository_id", "target_branch", "position", "change_request_id", "queued_at")
      SELECT ${workspaceId}, ${repositoryId}, ${targetBranch}, coalesce(max("position"), 0) + 1, ${id}, now()
      FROM "landing_turn"
      WHERE "workspace_id" = ${workspaceId} AND "repository_id" = ${repositoryId} AND "target_branch" = ${targetBranch}
      ON CONFLICT ("change_request_id") DO NOTHING`;
  }

  /** Those that can still land, oldest first. One that was given up or is merged holds nobody up. */
  async function openTurns(tx: Transaction, { repositoryId, targetBranch }: Queue): Promise<OpenTurn[]> {
    return tx.$queryRaw`
      SELECT t."change_request_id" AS "changeRequestId", t."taken_at" AS "takenAt"
      FROM "landing_turn" t JOIN "change_request" c ON c."id" = t."change_request_id"
      WHERE t."workspace_id" = ${workspaceId} AND t."repository_id" = ${repositoryId}
        AND t."target_branch" = ${targetBranch} AND c."state" <> ALL(${finalStates})
      ORDER BY t."position"`;
  }

  return {
    /**
     * Joins the queue once, and takes the turn when nobody is in front. Asking again changes nothing. One that has ended
     * waits for nobody: its landing finds out what it has come to.
     * @throws DomainError `not_found`
     */
    take(changeRequestId: string): Promise<LandingPlace> {
      return inTransaction(database, async (tx) => {
        const change = await find(tx, changeRequestId);
        await lock(tx, change);
        await join(tx, changeRequestId, change);
        const turns = await openTurns(tx, change);
        const ahead = turns.findIndex((turn) => turn.changeRequestId === changeRequestId);
        const inFront = turns[ahead - 1];
        if (inFront) {
          const { targetBranch } = change;
          return { turn: false, behind: inFront.changeRequestId, ahead, targetBranch };
        }
        const where = { workspaceId, changeRequestId, takenAt: null };
        await tx.landingTurn.updateMany({ where, data: { takenAt: new Date() } });
        return { turn: true };
      });
    },

    /**
     * Leaves the queue, and names the one whose turn it is and who does not know it yet. With `queuedAt` only the place
     * that was taken then is given up: who has joined anew since stays.
     * @throws DomainError `not_found`
     */
    leave(changeRequestId: string, queuedAt?: Date): Promise<{ next: string | null }> {
      return inTransaction(database, async (tx) => {
        const change = await find(tx, changeRequestId);
        await lock(tx, change);
        await tx.landingTurn.deleteMany({ where: { workspaceId, changeRequestId, ...(queuedAt && { queuedAt }) } });
        const [first] = await openTurns(tx, change);
        return { next: first && first.takenAt === null ? first.changeRequestId : null };
      });
    },
  };
}
