import type { ApprovalRequest } from '@fermata/contracts';
import { digestOf } from '@fermata/database';
import type { AgentRunRow } from './conversation.js';

/** A question of an agent run. Its digest covers all that the person sees. */
export function questionOf(
  run: AgentRunRow,
  asked: Pick<ApprovalRequest, 'kind' | 'title' | 'detail'>,
  expiresInMs: number,
): ApprovalRequest {
  return {
    ...asked,
    subjectId: run.id,
    digest: digestOf(asked),
    expiresInMs,
    workflowId: run.id,
    okrRunId: run.okrRunId,
    agentRunId: run.id,
    ...(run.taskId && { taskId: run.taskId }),
  };
}
