import type { AgentRunActivities, AgentToolActivities } from '@fermata/contracts';
import { describedActivities } from '../described-activities.js';
import { databasePolicy, modelPolicy, worktreePolicy } from '../policies.js';

type Recorded = Omit<AgentRunActivities, 'callModel'>;

/** The steps of an agent run that any worker can take. */
export const steps = describedActivities<Recorded>(databasePolicy, {
  beginAgentRun: 'Begin the agent run',
  addNote: ({ text }) => `Tell the agent: ${text}`,
  refuseCall: 'Refuse a tool call',
  acceptResult: 'Check the result',
  askHuman: 'Put the agent’s question into the inbox',
  recordHumanAnswer: 'Give the agent the answer',
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
    { runTool: ({ index, name }) => `Run ${name ?? 'a tool'} (step ${index})` },
  );
}
