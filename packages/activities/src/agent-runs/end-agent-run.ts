import type { AgentRunEnd } from '@fermata/contracts';
import type { Workspace } from '../workspace.js';

/** Ends an agent run, once; what was held for its calls is given back. */
export async function endAgentRun(
  { budgets, agentRuns }: Workspace,
  agentRunId: string,
  end: AgentRunEnd,
): Promise<AgentRunEnd> {
  await budgets.releaseAll(`${agentRunId}:`);
  return agentRuns.end(agentRunId, end);
}

/** Ends the agent runs that a task or an OKR run leaves open, because their workflows were ended from outside. */
export async function endOpenAgentRuns(
  workspace: Workspace,
  of: { taskId: string } | { okrRunId: string },
): Promise<void> {
  for (const { id } of await workspace.agentRuns.openOf(of))
    await endAgentRun(workspace, id, { state: 'cancelled', failure: null });
}
