/**
 * Holds a run until a person has answered a question that is in the inbox.
 *
 * Messages: `approvalDecided` (signal) only wakes the run; the row is the answer.
 * Survives: any crash. A lost signal is sent again by the sweep; an answer that races the deadline is settled by the
 * row, which takes the first of the two.
 */
import type { ApprovalId, ApprovalOutcome } from '@fermata/contracts';
import { condition, setHandler } from '@temporalio/workflow';
import { approvalDecided } from '../messages.js';
import { records } from '../record-activities.js';

/** A question in the inbox and how long it may stay unanswered. */
export interface OpenQuestion {
  approvalId: ApprovalId;
  expiresInMs: number;
}

export interface ApprovalGate {
  /** Waits for a nudge or the deadline; true when nobody answered in time as far as the workflow knows. */
  waitedInVain(question: OpenQuestion): Promise<boolean>;

  /** Waits, then reads the decision. */
  answer(question: OpenQuestion): Promise<ApprovalOutcome>;
}

/** One gate for each run: open it before the first await, so that no early signal is missed. */
export function openApprovalGate(): ApprovalGate {
  const decided = new Set<ApprovalId>();
  setHandler(approvalDecided, (approvalId) => void decided.add(approvalId));

  async function waitedInVain({ approvalId, expiresInMs }: OpenQuestion): Promise<boolean> {
    const nudged = await condition(() => decided.has(approvalId), expiresInMs, {
      summary: 'Until the question expires',
    });
    // A nudge is used up by the look at the row that it leads to: a question that is still open waits for the next one.
    decided.delete(approvalId);
    return !nudged;
  }

  return {
    waitedInVain,
    async answer(question) {
      const timedOut = await waitedInVain(question);
      return records.settleApproval({ approvalId: question.approvalId, timedOut });
    },
  };
}
