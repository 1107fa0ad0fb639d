import type {
  AgentRunActivities,
  AgentToolActivities,
  ExternalAgentActivities,
  NamedCallRef,
  QuickToolActivities,
} from '@fermata/contracts';
import {
  describedActivities,
  describedLocalActivities,
  orElse,
  type Summaries,
  uncancelled,
} from '../described-activities.js';
import {
  databasePolicy,
  framePolicy,
  modelPolicy,
  quickToolPolicy,
  segmentPolicy,
  worktreePolicy,
} from '../policies.js';

type Frame = Pick<AgentRunActivities, 'beginAgentRun' | 'acceptResult' | 'endAgentRun'>;
type Recorded = Omit<AgentRunActivities, 'callModel' | keyof Frame>;

const frame: Summaries<Frame> = {
  beginAgentRun: 'Begin the agent run',
  acceptResult: 'Check the result',
  endAgentRun: ({ state }) => `End the agent run: ${state}`,
};

/** What begins and ends a run, by the queue: for runs that were begun so, and for who ends a run that is not its own. */
export const queuedFrame = describedActivities<Frame>(databasePolicy, frame);

/** The same in the worker that has the workflow, and by the queue when that has failed: see ADR 0025. */
export const localFrame = orElse<Frame>(
  uncancelled<Frame>(describedLocalActivities<Frame>(framePolicy, frame)),
  queuedFrame,
);

/** The other steps of an agent run that any worker can take. */
export const steps = describedActivities<Recorded>(databasePolicy, {
  addNote: ({ text }) => `Tell the agent: ${text}`,
  refuseCall: 'Refuse a tool call',
  askHuman: 'Put the agent’s question into the inbox',
  recordHumanAnswer: 'Give the agent the answer',
  spawnTask: 'Queue a subtask',
  recordSubtask: 'Give the agent what its subtask has ended with',
  askToContinue: ({ reason }) => `Ask whether the run may go on: ${reason}`,
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
      runTool: toolWords,
    },
  );
}

/** Tools that take a moment are tried here, before anything is queued. */
export const { runQuickTool } = uncancelled<QuickToolActivities>(
  describedLocalActivities<QuickToolActivities>(quickToolPolicy, { runQuickTool: toolWords }),
);

function toolWords({ index, name }: NamedCallRef): string {
  return `Run ${name ?? 'a tool'} (step ${index})`;
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
