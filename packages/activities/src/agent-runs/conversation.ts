import {
  type AgentRunKind,
  DomainError,
  type ModelAnswer,
  type ModelRequest,
  type PlannedCall,
  type ToolCallBlock,
} from '@fermata/contracts';
import { assembleConversation, type ConversationRecord } from '@fermata/core/agents';
import { findTool, toolsFor } from '@fermata/core/tools';
import { digestOf } from '@fermata/database';
import type { CallableModel } from '../deps.js';
import type { Workspace } from '../workspace.js';

export type AgentRunRow = Awaited<ReturnType<Workspace['agentRuns']['get']>>;
type StepRow = Awaited<ReturnType<Workspace['steps']['ofRun']>>[number];

/** The request of the next model call: everything said so far, in the run and in those it goes on from. */
export async function nextRequest(
  workspace: Workspace,
  run: AgentRunRow,
  { name, facts }: CallableModel,
): Promise<ModelRequest> {
  const lineage = await lineageOf(workspace, run);
  const records = await Promise.all(lineage.map((each) => recordsOf(workspace, each)));
  const system = await workspace.blobs.get(run.systemDigest);
  const agent = await workspace.agents.get(run.agentId);
  return {
    model: name,
    system,
    messages: assembleConversation(records.flat()),
    tools: toolsFor(run.kind as AgentRunKind).map((tool) => tool.schema),
    toolChoice: 'auto',
    maxOutputTokens: Math.min(agent.maxOutputTokens, facts.maxOutputTokens),
  };
}

/** The runs whose conversation this one goes on with, oldest first, and itself. */
async function lineageOf(workspace: Workspace, run: AgentRunRow): Promise<AgentRunRow[]> {
  const lineage = [run];
  for (let first = run; first.continuesRunId !== null;) {
    first = await workspace.agentRuns.get(first.continuesRunId);
    lineage.unshift(first);
  }
  return lineage;
}

async function recordsOf(workspace: Workspace, run: AgentRunRow): Promise<ConversationRecord[]> {
  const steps = (await workspace.steps.ofRun(run.id)).filter((step) => step.state !== 'started');
  const digests = [run.briefDigest, ...steps.flatMap((step) => step.outputDigest ?? [])];
  const texts = await workspace.blobs.getMany(digests);
  const read = (digest: string | null) => (digest === null ? '' : (texts.get(digest) ?? ''));
  return [
    { kind: 'brief', text: read(run.briefDigest) },
    ...steps.map((step) => recordOf(step, read(step.outputDigest))),
  ];
}

function recordOf(step: StepRow, text: string): ConversationRecord {
  switch (step.kind) {
    case 'model':
      return { kind: 'model', blocks: (JSON.parse(text) as ModelAnswer).blocks };
    case 'tool':
      return { kind: 'tool', callId: step.callId ?? '', text, isError: step.state !== 'succeeded' };
    default:
      return { kind: 'note', text };
  }
}

/** A recorded answer. */
export async function answerAt(workspace: Workspace, agentRunId: string, index: number): Promise<ModelAnswer> {
  const step = await workspace.steps.find(agentRunId, index);
  if (!step?.outputDigest)
    throw new DomainError('internal', `Agent run ${agentRunId} has no answer at step ${index}.`, { agentRunId, index });
  return JSON.parse(await workspace.blobs.get(step.outputDigest)) as ModelAnswer;
}

/** @throws DomainError `internal` when the answer has no such call, which the loop never asks for */
export async function callAt(
  workspace: Workspace,
  ref: { agentRunId: string; modelIndex: number; callId: string },
): Promise<ToolCallBlock> {
  const { blocks } = await answerAt(workspace, ref.agentRunId, ref.modelIndex);
  const call = callsOf(blocks).find(({ callId }) => callId === ref.callId);
  if (!call)
    throw new DomainError('internal', `Step ${ref.modelIndex} of ${ref.agentRunId} made no call ${ref.callId}.`, {
      ...ref,
    });
  return call;
}

/** What the loop is told of an answer's calls. */
export function plannedCalls(run: AgentRunRow, { blocks }: ModelAnswer): PlannedCall[] {
  return callsOf(blocks).map(({ callId, name, input, invalidInput }) => ({
    callId,
    name,
    toolClass: findTool(run.kind as AgentRunKind, name)?.class ?? null,
    fingerprint: digestOf({ name, input, invalidInput: invalidInput ?? null }),
  }));
}

function callsOf(blocks: ModelAnswer['blocks']): ToolCallBlock[] {
  return blocks.filter((block): block is ToolCallBlock => block.type === 'tool_call');
}
