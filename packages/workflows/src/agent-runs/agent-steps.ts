import type { AgentRunActivities, AgentToolActivities, ExternalAgentActivities } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';
import { databasePolicy, modelPolicy, segmentPolicy, worktreePolicy } from '../policies.js';

type Recorded = Omit<AgentRunActivities, 'callModel'>;

/** The steps of an agent run that any worker can take. */
export const steps = describedActivities<Recorded>(databasePolicy, {
  beginAgentRun: 'Begin the agent run',
  addNote: ({ text }) => `Tell the agent: ${text}`,
  refuseCall: 'Refuse a tool call',
  acceptResult: 'Check the result',
  askHuman: 'Put the agent’s question into the inbox',
  recordHumanAnswer: 'Give the agent the answer',
  spawnTask: 'Queue a subtask',
  recordSubtask: 'Give the agent what its subtask has ended with',
  askToContinue: ({ reason }) => `Ask whether the run may go on: ${reason}`,
  endAgentRun: ({ state }) => `End the agent run: ${state}`,
});

export const { callModel } = describedActivities<Pick<AgentRunActivities, 'callModel'>>(modelPolicy, {
  callModel: ({ index }) => `Call the model (step ${index})`,
});

/** Tools run where the worktree is. */
export function toolsOn(hostQueue: string): AgentToolActivities {
  return describedActivities<AgentToolActivities>(
    { ...worktreePolicy, taskQueue: hostQueue },
    {
      listMcpTools: 'Ask the MCP servers for their tools',
      runTool: ({ index, name }) => `Run ${name ?? 'a tool'} (step ${index})`,
    },
  );
}

/** So do agents that are programs. */
export function agentsOn(hostQueue: string): ExternalAgentActivities {
  return describedActivities<ExternalAgentActivities>(
    { ...segmentPolicy, taskQueue: hostQueue },
    { runSegment: ({ reason }) => `Let the agent work: ${segmentWords[reason.because]}` },
  );
}

const segmentWords = {
  begin: 'from the beginning',
  resumed: 'after a pause',
  answered: 'with the answer of a person',
  stopped: 'again, as it had stopped without a result',
} as const;
