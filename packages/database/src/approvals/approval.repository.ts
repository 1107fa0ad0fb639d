import {
  type ApprovalId,
  type ApprovalOutcome,
  type ApprovalRequest,
  ApprovalState,
  DomainError,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { type ApprovalDecision, saysTheSame } from './approval-answer.js';
import { answerApproval, closeApproval, type LedgerLines, openApproval, voidApprovals } from './approval-changes.js';
import { type ApprovalRecord, toApprovalRecord } from './approval-record.js';
import { assertSecondPerson } from './second-person.js';

export type ApprovalRepository = ReturnType<typeof createApprovalRepository>;

/**
 * The inbox of one workspace. The row is the arbiter: decision, expiry and voiding may race, and the first
 * conditional update wins.
 */
export function createApprovalRepository(database: Database, workspaceId: string) {
  async function get(id: string, tx: Transaction = database): Promise<ApprovalRecord> {
    const row = await tx.approval.findFirst({ where: { id, workspaceId } });
    if (!row) throw new DomainError('not_found', `There is no approval ${id}.`, { approvalId: id });
    return toApprovalRecord(row);
  }

  /** Runs a change and writes it into the ledger, in one transaction. */
  function record<T extends LedgerLines>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return inTransaction(database, async (tx) => {
      const change = await work(tx);
      await recordChange(tx, { workspaceId, ...change });
      return change;
    });
  }

  return {
    /** @throws DomainError `not_found` */
    get: (id: string) => get(id),

    /** Asking the same question (subject and digest) twice gives the first one back, whatever became of it. */
    async findOrCreate(request: ApprovalRequest, { requestedBy }: { requestedBy: string }): Promise<ApprovalId> {
      const { id } = await record((tx) => openApproval(tx, { workspaceId, request, requestedBy }));
      return id;
    },

    /**
     * Answers a question. Saying the same twice is harmless. Past its deadline the question expires by this call.
     * @throws DomainError `not_found`, `approval_stale` (digest differs), `invalid_input` (an answer is missing or no
     * number), `approval_closed` (expired, void, or answered otherwise), `forbidden` (as `assertSecondPerson`)
     */
    async decide(decision: ApprovalDecision): Promise<ApprovalRecord> {
      const { row } = await record(async (tx) => {
        const asked = await get(decision.approvalId, tx);
        await assertSecondPerson(tx, asked, decision);
        return answerApproval(tx, asked, decision);
      });
      if (saysTheSame(row, decision)) return row;
      throw new DomainError('approval_closed', `${row.id} can no longer be answered: it is ${row.state}.`, {
        approvalId: row.id,
        state: row.state,
      });
    },

    /** Nobody answered in time. A question that was answered meanwhile keeps its answer. */
    async expire(id: string): Promise<void> {
      await record((tx) => closeApproval(tx, { workspaceId, id, to: ApprovalState.expired, by: 'fermata' }));
    },

    /** Closes the open questions about a subject that has changed. */
    async voidOpen(subjectId: string, by = 'fermata'): Promise<void> {
      await record((tx) => voidApprovals(tx, { workspaceId, subjectId, by }));
    },

    /**
     * What became of a question, and that the one who waits for it has read it.
     * @throws DomainError `not_found`; `approval_open` while nobody has answered
     */
    async outcome(id: string): Promise<ApprovalOutcome> {
      const row = await get(id);
      const { state, reason, answer: given } = row;
      if (state === ApprovalState.pending) {
        throw new DomainError('approval_open', `${id} has not been answered yet.`, { approvalId: id });
      }
      await database.approval.updateMany({
        where: { id, workspaceId, settledAt: null },
        data: { settledAt: new Date() },
      });
      return { approvalId: row.id, state, reason, answer: given };
    },

    /** What waits for a person and can still be answered, oldest first. */
    async pending(): Promise<ApprovalRecord[]> {
      const where = { workspaceId, state: ApprovalState.pending, expiresAt: { gt: new Date() } };
      return (await database.approval.findMany({ where, orderBy: { id: 'asc' } })).map(toApprovalRecord);
    },

    /** Questions closed before `moment` whose end the waiting workflow has not read: its nudge may have been lost. */
    async unsettledDecisions(moment: Date): Promise<ApprovalRecord[]> {
      const where = { workspaceId, state: { not: ApprovalState.pending }, settledAt: null, decidedAt: { lt: moment } };
      return (await database.approval.findMany({ where, orderBy: { id: 'asc' } })).map(toApprovalRecord);
    },
  };
}
