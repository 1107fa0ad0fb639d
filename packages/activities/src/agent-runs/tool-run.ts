import { type AgentRunKind, type CallRef, StepState, ToolClass, type ToolTurn } from '@fermata/contracts';
import { findTool, type Tool } from '@fermata/core/tools';
import type { StepStart } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { runnableTools } from '../mcp/run-offer.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { type AgentRunRow, callIn } from './conversation.js';
import { refuseEnded } from './ended-run.js';
import type { SpokenCall } from './exact-words.js';

type EndedState = Exclude<ToolTurn['state'], 'asked'>;

/** A call of a tool with all that it takes to run it. */
export interface ToolRun {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow;
  call: SpokenCall;
  step: StepStart;
  /** Tools that the run has besides those of its kind: those of MCP servers. */
  added: readonly Tool[];
  /** An attempt before this one has said that it begins. */
  isClaimed: boolean;
}

/** The call of a step, or how it has ended before. */
export async function toolAt(deps: ActivityDeps, ref: CallRef): Promise<{ tool: ToolRun } | { ended: ToolTurn }> {
  const workspace = await openWorkspace(deps, 'agentRun', ref.agentRunId);
  const [run, steps] = await Promise.all([
    workspace.agentRuns.atTurn(ref.agentRunId),
    workspace.steps.at(ref.agentRunId, [ref.modelIndex, ref.index]),
  ]);
  const stepAt = (index: number) => steps.find((step) => step.index === index);
  const earlier = stepAt(ref.index);
  if (earlier && earlier.state !== StepState.started) return { ended: { state: earlier.state as EndedState } };
  refuseEnded(run);
  const call = await callIn(workspace, stepAt(ref.modelIndex), ref);
  const added = await runnableTools(deps, workspace, run);
  const step = stepOf(run, ref, call);
  return { tool: { deps, workspace, run, call, added, step, isClaimed: earlier !== undefined } };
}

export const toolOf = ({ run, call, added }: ToolRun): Tool | undefined =>
  findTool(run.kind as AgentRunKind, call.name, added);

export const isUnsafe = (tool: ToolRun): boolean => toolOf(tool)?.class === ToolClass.unsafe;

function stepOf(run: AgentRunRow, ref: CallRef, call: SpokenCall): StepStart {
  const { index, callId } = ref;
  return {
    agentRunId: run.id,
    okrRunId: run.okrRunId,
    taskId: run.taskId,
    index,
    kind: 'tool',
    name: call.name,
    callId,
  };
}
