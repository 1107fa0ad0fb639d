import { type AgentRunEnd, DomainError } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import type { Workspace } from '../workspace.js';

interface Ending {
  deps: Pick<ActivityDeps, 'background' | 'mcpSessions' | 'nudger'>;
  workspace: Workspace;
}

/**
 * Ends an agent run, once; what was held for its calls is given back, and its background programs and MCP servers are ended.
 * Servers on another host end when nothing has been asked of them for a while. A subtask that is still open was never begun,
 * or was left alone: it is ended, too.
 */
export async function endAgentRun(ending: Ending, agentRunId: string, end: AgentRunEnd): Promise<AgentRunEnd> {
  const { deps, workspace } = ending;
  await Promise.all([deps.background.endOf(agentRunId), deps.mcpSessions.endRun(agentRunId)]);
  const ended = await workspace.agentRuns.endPlainly(agentRunId, end);
  return ended ?? endWithWhatIsOpen(ending, agentRunId, end);
}

async function endWithWhatIsOpen(ending: Ending, agentRunId: string, end: AgentRunEnd): Promise<AgentRunEnd> {
  const { workspace } = ending;
  await workspace.budgets.releaseAll(`${agentRunId}:`);
  const ended = await workspace.agentRuns.end(agentRunId, end);
  // Only now: none is queued any more.
  await endOpenAgentRuns(ending, { parentRunId: agentRunId });
  return ended;
}

/**
 * Ends the agent runs that a task, an OKR run or a run leaves open, because their workflows were ended from outside. One whose
 * own workflow is still there is asked to end, and ends itself: what still runs could write after the end otherwise.
 * @throws DomainError `unavailable` until it has
 */
export async function endOpenAgentRuns(
  ending: Ending,
  of: { taskId: string } | { okrRunId: string } | { parentRunId: string },
): Promise<void> {
  for (const { id } of await ending.workspace.agentRuns.openOf(of)) {
    await askToEnd(ending, id);
    await endAgentRun(ending, id, { state: 'cancelled', failure: null });
  }
}

async function askToEnd({ deps: { nudger } }: Ending, agentRunId: string): Promise<void> {
  if (!(await nudger.isRunning(agentRunId))) return;
  await nudger.cancel(agentRunId);
  throw new DomainError('unavailable', `The agent run ${agentRunId} is still being ended.`, { agentRunId });
}
