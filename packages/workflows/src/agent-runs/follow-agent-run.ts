import { type AgentRunEnd, type AgentRunInput, type AgentRunKind, summaryOf } from '@fermata/contracts';
import {
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { failureOf } from '../failures.js';
import type { Orders } from '../orders/orders.js';
import { searchAttributesOf } from '../search-attributes.js';
import type { agentRun } from './agent-run.workflow.js';
import { queuedFrame } from './agent-steps.js';

/**
 * Runs an agent as a child and says how it ended. `agentRun` settles every end of its own; one that was ended from
 * outside is settled here, so that its row does not say "running" for ever.
 */
export async function followAgentRun(
  orders: Orders,
  { kind, title }: { kind: AgentRunKind; title?: string | undefined },
  input: AgentRunInput,
): Promise<AgentRunEnd> {
  const child = await startChild<typeof agentRun>('agentRun', {
    workflowId: input.agentRunId,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: summaryOf(`Agent run: ${kind}${title === undefined ? '' : ` on ${title}`}`),
    typedSearchAttributes: searchAttributesOf(input),
    args: [input],
  });
  try {
    const end = await orders.follow(child);
    // It was ended because we are: that is our end too, not a failure of the agent.
    if (end.state === 'cancelled' && CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('Cancelled with its agent run.');
    return end;
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure) || isCancellation(error)) throw error;
    const end = { agentRunId: input.agentRunId, state: 'failed', failure: failureOf(error) } as const;
    return CancellationScope.nonCancellable(() => queuedFrame.endAgentRun(end));
  }
}
