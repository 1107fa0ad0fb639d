import { type AgentPolicy, ApprovalState, DomainError } from '@fermata/contracts';
import type { Transaction } from '../client.js';
import type { ApprovalDecision } from './approval-answer.js';
import type { ApprovalRecord } from './approval-record.js';

/**
 * Where the agent's policy wants two people, who submitted a goal says yes to nothing that its run asks. A no is theirs to say.
 * @throws DomainError `forbidden`
 */
export async function assertSecondPerson(
  tx: Transaction,
  { id, workspaceId, okrRunId }: ApprovalRecord,
  { state, decidedBy }: ApprovalDecision,
): Promise<void> {
  if (state !== ApprovalState.approved) return;
  const run = await tx.okrRun.findFirst({
    where: { id: okrRunId, workspaceId },
    select: { agentId: true, createdBy: true },
  });
  if (run?.createdBy !== decidedBy) return;
  const agent = await tx.agent.findFirst({
    where: { id: run.agentId, workspaceId },
    select: { name: true, policy: true },
  });
  if (agent === null || !wantsSecondPerson(agent.policy as unknown as AgentPolicy)) return;
  throw new DomainError(
    'forbidden',
    `You submitted the goal of ${okrRunId}, and the policy of the agent ${agent.name} wants somebody else to approve: ask another person with the role approver, or deny it`,
    { approvalId: id },
  );
}

export function wantsSecondPerson({ notByRequester = false }: AgentPolicy): boolean {
  return notByRequester;
}
