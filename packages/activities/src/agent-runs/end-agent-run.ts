import type { AgentRunEnd } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import type { Workspace } from '../workspace.js';

interface Ending {
  deps: Pick<ActivityDeps, 'background' | 'mcpSessions'>;
  workspace: Workspace;
}

/**
 * Ends an agent run, once; what was held for its calls is given back, and its background programs and MCP servers are ended.
 * Servers on another host end when nothing has been asked of them for a while. A subtask that is still open was never begun,
 * or was left alone: it ends first.
 */
export async function endAgentRun(ending: Ending, agentRunId: string, end: AgentRunEnd): Promise<AgentRunEnd> {
  const { deps, workspace } = ending;
  await endOpenAgentRuns(ending, { parentRunId: agentRunId });
  await Promise.all([deps.background.endOf(agentRunId), deps.mcpSessions.endRun(agentRunId)]);
  await workspace.budgets.releaseAll(`${agentRunId}:`);
  return workspace.agentRuns.end(agentRunId, end);
}

/** Ends the agent runs that a task, an OKR run or a run leaves open, because their workflows were ended from outside. */
export async function endOpenAgentRuns(
  ending: Ending,
  of: { taskId: string } | { okrRunId: string } | { parentRunId: string },
): Promise<void> {
  for (const { id } of await ending.workspace.agentRuns.openOf(of))
    await endAgentRun(ending, id, { state: 'cancelled', failure: null });
}
