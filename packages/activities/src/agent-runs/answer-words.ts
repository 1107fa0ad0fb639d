import type { ApprovalId } from '@fermata/contracts';
import type { Workspace } from '../workspace.js';

/** What an agent of any kind is told when its question is closed, and whether it was answered. */
export async function answerWords(
  { approvals }: Pick<Workspace, 'approvals'>,
  { approvalId, timedOut }: { approvalId: ApprovalId; timedOut: boolean },
): Promise<{ text: string; ok: boolean }> {
  if (timedOut) await approvals.expire(approvalId);
  const { state, answer, reason } = await approvals.outcome(approvalId);
  if (state === 'approved') return { text: `A person answered: ${answer ?? reason ?? 'yes'}`, ok: true };
  const why = reason ? `, because: ${reason}` : '';
  return { text: `No answer: ${state}${why}. Decide without it, or finish and say what is open.`, ok: false };
}
