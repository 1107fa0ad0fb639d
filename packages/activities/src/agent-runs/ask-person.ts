import type { ApprovalRequest } from '@fermata/contracts';
import { digestOf, redactedValue } from '@fermata/database';
import type { AgentRunRow } from './conversation.js';

/** A question of an agent run. Its digest covers all that the person sees: of what is redacted, the marks. */
export function questionOf(
  run: AgentRunRow,
  asked: Pick<ApprovalRequest, 'kind' | 'title' | 'detail'>,
  expiresInMs: number,
): ApprovalRequest {
  const shown = redactedValue(asked);
  return {
    ...shown,
    subjectId: run.id,
    digest: digestOf(shown),
    expiresInMs,
    workflowId: run.id,
    okrRunId: run.okrRunId,
    agentRunId: run.id,
    ...(run.taskId && { taskId: run.taskId }),
  };
}
