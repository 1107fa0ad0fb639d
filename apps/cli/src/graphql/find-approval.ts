import { DomainError, idPrefix } from '@fermata/contracts';
import type { Api } from './api.js';
import { type Approval, approvalQuery, approvalsQuery } from './approval.js';
import { collectPages } from './collect-pages.js';
import { found } from './found.js';
import { calledAs } from '../called-as.js';

/**
 * The approval with this id, or the one open question about the run, task or agent run with it; with a digest, the one
 * that has it.
 * @throws DomainError `not_found`; `approval_stale` when none of the open questions has the digest; `conflict` when
 * several questions are open, with their ids
 */
export async function findApproval(api: Api, id: string, digest?: string): Promise<Approval> {
  if (idPrefix(id) === 'apr') return found((await api.ask(approvalQuery, { id })).approval, 'approval', id);
  const pending = await pendingApprovals(api);
  const about = pending.filter((approval) => isAbout(approval, id));
  const [first] = about;
  if (first === undefined)
    throw new DomainError('not_found', `Nothing about ${id} waits for a decision. See what does: ${calledAs} inbox`, {
      id,
    });
  if (digest !== undefined) return withDigest(about, { id, digest });
  if (about.length === 1) return first;
  const approvalIds = about.map((approval) => approval.id);
  throw new DomainError(
    'conflict',
    `${about.length} decisions are open about ${id}: name one of ${approvalIds.join(', ')}.`,
    { id, approvalIds },
  );
}

function withDigest(about: readonly Approval[], { id, digest }: { id: string; digest: string }): Approval {
  const seen = about.find((approval) => approval.digest === digest);
  if (seen !== undefined) return seen;
  const message = `What waits about ${id} is not what you saw. Look again: ${calledAs} inbox`;
  throw new DomainError('approval_stale', message, { id, digest });
}

/** Everything that waits for a person, oldest first. */
export function pendingApprovals(api: Api): Promise<Approval[]> {
  return collectPages(async (page) => (await api.ask(approvalsQuery, { ...page, state: 'pending' })).approvals);
}

function isAbout({ subjectId, okrRun, task, agentRun }: Approval, id: string): boolean {
  return [subjectId, okrRun.id, task?.id, agentRun?.id].includes(id);
}
