import {
  type ApprovalId,
  type ApprovalRequest,
  ApprovalState,
  DomainError,
  EventType,
  IdPrefix,
  type NewAuditEntry,
  type NewEvent,
} from '@fermata/contracts';
import type { Transaction } from '../client.js';
import { newId } from '../new-id.js';
import { optional } from '../optional.js';
import { approvalMachine } from '../states/machines.js';
import { tryMove } from '../states/move-state.js';
import { type ApprovalDecision, checkAnswer } from './approval-answer.js';
import { type ApprovalRecord, toApprovalRecord } from './approval-record.js';

/** What is still to be handed to `recordChange`, together with whatever else the transaction does. */
export interface LedgerLines {
  events: NewEvent[];
  audit: NewAuditEntry[];
}

/** Where nothing was to be written. */
export const noLines: LedgerLines = { events: [], audit: [] };

export interface ApprovalOrder {
  workspaceId: string;
  request: ApprovalRequest;
  /** A principal's id, or `fermata`. */
  requestedBy: string;
}

/** Puts a question into the inbox as part of a larger transaction. The same subject and digest ask once. */
export async function openApproval(
  tx: Transaction,
  { workspaceId, request, requestedBy }: ApprovalOrder,
): Promise<{ id: ApprovalId } & LedgerLines> {
  const { expiresInMs, ...question } = request;
  const { subjectId, digest, kind, title, okrRunId } = question;
  const requestedAt = new Date();
  const expiresAt = new Date(requestedAt.getTime() + expiresInMs);
  const fresh = { id: newId(IdPrefix.approval), workspaceId, requestedBy, requestedAt, expiresAt };
  const { count } = await tx.approval.createMany({
    data: { ...question, ...fresh, state: ApprovalState.pending },
    skipDuplicates: true,
  });
  const asked = await tx.approval.findFirst({ where: { workspaceId, subjectId, digest } });
  if (!asked) throw new DomainError('not_found', `The workspace has no ${subjectId}.`, { subjectId });
  const id = asked.id as ApprovalId;
  if (count === 0) return { id, events: [], audit: [] };
  const belongsTo = { okrRunId, ...optional({ taskId: request.taskId, agentRunId: request.agentRunId }) };
  return {
    id,
    events: [{ type: EventType.approvalRequested, subjectId: id, ...belongsTo, data: { kind, title, subjectId } }],
    audit: [{ actor: requestedBy, action: 'approval.request', subjectId: id, detail: { kind, subjectId, digest } }],
  };
}

interface ApprovalClosing {
  workspaceId: string;
  id: string;
  to: Exclude<ApprovalState, 'pending'>;
  by: string;
  reason?: string | null;
  answer?: string | null;
}

/** Gives a pending question its end; one that has an end keeps it. */
export async function closeApproval(
  tx: Transaction,
  { workspaceId, id, to, by, reason = null, answer = null }: ApprovalClosing,
): Promise<{ row: ApprovalRecord } & LedgerLines> {
  const set = { decidedBy: by, decidedAt: new Date(), reason, answer };
  const { moved, row, events } = await tryMove(tx, approvalMachine, { id, workspaceId, to, set });
  const detail = { kind: row.kind, subjectId: row.subjectId, digest: row.digest, reason, answer };
  const audit = moved ? [{ actor: by, action: `approval.${to}`, subjectId: id, detail }] : [];
  return { row: toApprovalRecord(row), events, audit };
}

/**
 * Takes a person's answer to a question that is open. Past its deadline the question expires instead; one that has an
 * end keeps it.
 * @throws DomainError `approval_stale`, `invalid_input`
 */
export async function answerApproval(tx: Transaction, asked: ApprovalRecord, decision: ApprovalDecision) {
  const { id, workspaceId } = asked;
  if (asked.digest !== decision.digest) {
    const message = `What ${id} asks about is not what was shown: look at it again.`;
    throw new DomainError('approval_stale', message, { approvalId: id });
  }
  if (asked.state !== ApprovalState.pending) return { row: asked, events: [], audit: [] };
  if (asked.expiresAt <= new Date()) {
    return closeApproval(tx, { workspaceId, id, to: ApprovalState.expired, by: 'fermata' });
  }
  const { state: to, decidedBy: by, reason = null } = decision;
  return closeApproval(tx, { workspaceId, id, to, by, reason, answer: checkAnswer(asked, decision) });
}

/** Closes every open question about a subject, because what it asks about has changed. */
export function voidApprovals(
  tx: Transaction,
  { workspaceId, subjectId, by }: { workspaceId: string; subjectId: string; by: string },
): Promise<LedgerLines> {
  return voidOpen(tx, { workspaceId, by, of: { subjectId } });
}

/** Closes every question that a run or a task has open, because it has ended: nobody waits for the answers any more. */
export function voidQuestionsOf(
  tx: Transaction,
  { workspaceId, of }: { workspaceId: string; of: { okrRunId: string } | { taskId: string } },
): Promise<LedgerLines> {
  return voidOpen(tx, { workspaceId, by: 'fermata', of });
}

interface Voiding {
  workspaceId: string;
  by: string;
  of: { subjectId: string } | { okrRunId: string } | { taskId: string };
}

async function voidOpen(tx: Transaction, { workspaceId, by, of }: Voiding): Promise<LedgerLines> {
  const where = { workspaceId, ...of, state: ApprovalState.pending };
  const open = await tx.approval.findMany({ where, select: { id: true }, orderBy: { id: 'asc' } });
  const lines: LedgerLines = { events: [], audit: [] };
  for (const { id } of open) {
    const closed = await closeApproval(tx, { workspaceId, id, to: ApprovalState.void, by });
    lines.events.push(...closed.events);
    lines.audit.push(...closed.audit);
  }
  return lines;
}
