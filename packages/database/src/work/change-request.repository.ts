import { ChangeRequestState, changeRequestTransitions, DomainError, EventType, isFinal } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { Prisma } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { changeRequestMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { newId } from '../new-id.js';
import { atWork, waitingColumn } from './waiting.repository.js';

export interface NewChangeRequest {
  okrRunId: string;
  taskId: string;
  attempt: number;
  repositoryId: string;
  branch: string;
  targetBranch: string;
  title: string;
  body: string;
  baseCommit: string;
  headCommit: string;
}

const workIn: Record<ChangeRequestState, string> = {
  preparing: 'Publishing the branch.',
  open: 'Running the gates on the commit about to land.',
  checks_failing: 'Its gates fail; the agent mends them.',
  changes_requested: 'It conflicts with the target; the agent resolves it.',
  ready: 'Ready to merge.',
  merging: 'Moving the target branch.',
  merged: '',
  closed: '',
};

interface Move {
  id: string;
  to: ChangeRequestState;
  mergedCommit?: string;
}

export type ChangeRequestRepository = ReturnType<typeof createChangeRequestRepository>;

/** Change requests as their workflow changes them. */
export function createChangeRequestRepository(database: Database, workspaceId: string) {
  /** @throws DomainError `not_found` */
  async function get(id: string, tx: Transaction = database) {
    const change = await tx.changeRequest.findFirst({ where: { id, workspaceId } });
    if (!change) throw new DomainError('not_found', `There is no change request ${id}.`, { id });
    return change;
  }

  async function moveWithin(tx: Transaction, { id, to, mergedCommit }: Move): Promise<void> {
    const ended = isFinal(changeRequestTransitions, to);
    const set = {
      waitingOn: ended ? Prisma.DbNull : waitingColumn(atWork(workIn[to])),
      ...(to === 'merged' && { mergedAt: new Date(), mergedCommit: mergedCommit ?? null }),
      ...(to === 'closed' && { closedAt: new Date() }),
    };
    const data = mergedCommit ? { commit: mergedCommit } : {};
    const { moved, events } = await moveState(tx, changeRequestMachine, { id, workspaceId, to, set, data });
    if (!moved) return;
    const audit = [{ actor: 'fermata', action: `change_request.${to}`, subjectId: id, detail: data }];
    await recordChange(tx, { workspaceId, events, audit });
  }

  return {
    get,

    /** One for each attempt at a task; its base and head follow the branch. */
    prepare(change: NewChangeRequest): Promise<{ id: string }> {
      return inTransaction(database, async (tx) => {
        const { taskId, attempt, baseCommit, headCommit, okrRunId } = change;
        const earlier = await tx.changeRequest.findFirst({ where: { taskId, attempt, workspaceId } });
        if (earlier) {
          await tx.changeRequest.updateMany({
            where: { id: earlier.id, workspaceId },
            data: { baseCommit, headCommit },
          });
          return { id: earlier.id };
        }
        const id = newId('cr');
        const waitingOn = waitingColumn(atWork(workIn.preparing));
        const state = ChangeRequestState.preparing;
        await tx.changeRequest.create({
          data: { id, workspaceId, kind: 'local', state, waitingOn, createdAt: new Date(), ...change },
        });
        await recordChange(tx, {
          workspaceId,
          events: [{ type: EventType.changeRequestStateChanged, subjectId: id, okrRunId, taskId, data: { to: state } }],
        });
        return { id };
      });
    },

    move: (id: string, to: ChangeRequestState) => inTransaction(database, (tx) => moveWithin(tx, { id, to })),

    recordMerged: (id: string, commit: string) =>
      inTransaction(database, (tx) => moveWithin(tx, { id, to: ChangeRequestState.merged, mergedCommit: commit })),

    /** Closes what an attempt leaves open. */
    async closeOpen(taskId: string): Promise<void> {
      const open = await database.changeRequest.findMany({
        where: { taskId, workspaceId, mergedAt: null, closedAt: null },
      });
      for (const { id } of open)
        await inTransaction(database, (tx) => moveWithin(tx, { id, to: ChangeRequestState.closed }));
    },

    latestOf: (taskId: string) =>
      database.changeRequest.findFirst({ where: { taskId, workspaceId }, orderBy: { attempt: 'desc' } }),
    ofRun: (okrRunId: string) => database.changeRequest.findMany({ where: { okrRunId, workspaceId } }),
  };
}
