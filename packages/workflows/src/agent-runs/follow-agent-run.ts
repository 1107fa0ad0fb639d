import type { AgentRunEnd, AgentRunInput, AgentRunKind } from '@fermata/contracts';
import {
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { failureOf } from '../failures.js';
import type { Orders } from '../orders/orders.js';
import { searchAttributesOf } from '../search-attributes.js';
import { agentRun } from './agent-run.workflow.js';
import { steps } from './agent-steps.js';

/**
 * Runs an agent as a child and says how it ended. `agentRun` settles every end of its own; one that was ended from
 * outside is settled here, so that its row does not say "running" for ever.
 */
export async function followAgentRun(orders: Orders, kind: AgentRunKind, input: AgentRunInput): Promise<AgentRunEnd> {
  const child = await startChild(agentRun, {
    workflowId: input.agentRunId,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `Agent run: ${kind}`,
    typedSearchAttributes: searchAttributesOf(input),
    args: [input],
  });
  try {
    return await orders.follow(child);
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure) || isCancellation(error)) throw error;
    const end = { agentRunId: input.agentRunId, state: 'failed', failure: failureOf(error) } as const;
    return CancellationScope.nonCancellable(() => steps.endAgentRun(end));
  }
}
