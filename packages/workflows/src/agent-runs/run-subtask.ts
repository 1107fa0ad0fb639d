import { type AgentRunId, type AgentRunInput, AgentRunKind, type CallRef, type Waiting } from '@fermata/contracts';
import type { Orders } from '../orders/orders.js';
import { steps } from './agent-steps.js';
import { followAgentRun } from './follow-agent-run.js';

/**
 * Answers a call that has a part of the work done by a run of its own: queues it, follows it to its end, however long that
 * takes, and gives the call its result. Orders reach it as they reach every child.
 */
export async function runSubtask(orders: Orders, input: AgentRunInput, ref: CallRef): Promise<void> {
  const spawned = await steps.spawnTask(ref);
  if (spawned.outcome === 'refused') return;
  const { childRunId, title } = spawned;
  await orders.waits.during(waitsFor(childRunId, title), () =>
    followAgentRun(orders, { kind: AgentRunKind.subtask, title }, { ...input, agentRunId: childRunId }),
  );
  await steps.recordSubtask({ ...ref, childRunId });
}

function waitsFor(childRunId: AgentRunId, title: string): Waiting {
  const detail = `Waits for its subtask: ${title}`;
  return { kind: 'dependency', detail, releasableBy: ['fermata'], subjectId: childRunId };
}
