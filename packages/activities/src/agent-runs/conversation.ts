import {
  type AgentRunKind,
  type CallRef,
  DomainError,
  type JsonObject,
  type ModelAnswer,
  type ModelRequest,
  type PlannedCall,
  type ToolCallBlock,
  type Usage,
} from '@fermata/contracts';
import { assembleConversation, type ConversationRecord, fitConversation } from '@fermata/core/agents';
import { offerPrompt } from '@fermata/core/mcp';
import { worstCaseInputTokens } from '@fermata/core/models';
import { type Tool, toolsOfRun } from '@fermata/core/tools';
import { type AgentRunAtTurn, digestOf, type ExactAnswer, type SpokenStep } from '@fermata/database';
import type { CallableModel } from '../deps.js';
import { offeredTools, offerOf } from '../mcp/run-offer.js';
import type { Workspace } from '../workspace.js';
import { exactAnswers, type SpokenCall, spokenCall } from './exact-words.js';

export type AgentRunRow = AgentRunAtTurn;
export type StepRow = SpokenStep;

/** A run and its steps, in order. */
export interface RunSoFar {
  run: AgentRunRow;
  steps: readonly StepRow[];
}

/** The request of the next model call: everything said so far, in the run and in those it goes on from. */
export async function nextRequest(
  workspace: Workspace,
  { run, steps }: RunSoFar,
  model: CallableModel,
): Promise<ModelRequest> {
  const [earlier, records, ownSystem, offer] = await Promise.all([
    earlierRecords(workspace, run, model.name),
    recordsOf(workspace, { run, steps }, { model: model.name, isItsOwn: true }),
    workspace.blobs.get(run.systemDigest),
    offerOf(workspace, run),
  ]);
  const tools = [...ownTools(run), ...offeredTools(offer)].map((tool) => tool.schema);
  const system = ownSystem + offerPrompt(offer);
  const standing = standingRequest({ system, tools, maxOutputTokens: run.maxOutputTokens }, model);
  const said = worstCaseInputTokens({ ...standing, messages: [] });
  const room = model.facts.contextWindow - standing.maxOutputTokens - said;
  return { ...standing, messages: fitConversation(assembleConversation([...earlier, ...records]), room) };
}

type Standing = Pick<ModelRequest, 'system' | 'tools' | 'maxOutputTokens'>;

/** What every call of a run has besides the conversation. */
export function standingRequest(
  { system, tools, maxOutputTokens }: Standing,
  { name, facts }: CallableModel,
): Omit<ModelRequest, 'messages'> {
  return {
    model: name,
    traits: { reasoning: facts.reasoning, forcedToolUse: facts.forcedToolUse },
    ...{ system, tools, toolChoice: 'auto' },
    maxOutputTokens: Math.min(maxOutputTokens, facts.maxOutputTokens),
  };
}

function ownTools({ kind, depth, resultSchema }: AgentRunRow): readonly Tool[] {
  return toolsOfRun({ kind: kind as AgentRunKind, depth, resultSchema: resultSchema as JsonObject | null });
}

/** What was said in the runs whose conversation this one goes on with, oldest first. */
async function earlierRecords(workspace: Workspace, run: AgentRunRow, model: string): Promise<ConversationRecord[]> {
  const records: ConversationRecord[] = [];
  for (let id = run.continuesRunId; id !== null;) {
    const [earlier, steps] = await Promise.all([workspace.agentRuns.atTurn(id), workspace.steps.ofRun(id)]);
    // What was said in an agent of another kind, only that one knows.
    if (earlier.runtime !== run.runtime) break;
    records.unshift(...(await recordsOf(workspace, { run: earlier, steps }, { model, isItsOwn: false })));
    id = earlier.continuesRunId;
  }
  return records;
}

interface Listener {
  /** That is asked next. */
  model: string;
  /** In the run itself it is shown its own words as it said them: of a run that has ended nobody knows them any more. */
  isItsOwn: boolean;
}

async function recordsOf(
  workspace: Workspace,
  { run, steps }: RunSoFar,
  { model, isItsOwn }: Listener,
): Promise<ConversationRecord[]> {
  const ended = steps.filter((step) => step.state !== 'started');
  const digests = [run.briefDigest, ...ended.flatMap((step) => step.outputDigest ?? [])];
  const texts = await workspace.blobs.getMany(digests);
  const read = (digest: string | null) => (digest === null ? '' : (texts.get(digest) ?? ''));
  const answers = ended.filter(({ kind }) => kind === 'model');
  const stored = new Map(answers.map(({ index, outputDigest }) => [index, read(outputDigest)]));
  const exact = isItsOwn ? await exactAnswers(workspace, run.id, stored) : new Map<number, ExactAnswer>();
  return [
    { kind: 'brief', text: read(run.briefDigest) },
    ...ended.map((step) => recordOf(step, { text: read(step.outputDigest), exact: exact.get(step.index), model })),
  ];
}

interface Said {
  /** As it was stored. */
  text: string;
  exact: ExactAnswer | undefined;
  model: string;
}

function recordOf(step: StepRow, { text, exact, model }: Said): ConversationRecord {
  switch (step.kind) {
    case 'model': {
      const { blocks } = exact && 'answer' in exact ? exact.answer : (JSON.parse(text) as ModelAnswer);
      return { kind: 'model', blocks: understoodBy(model, step.name, blocks) };
    }
    case 'tool':
      return { kind: 'tool', callId: step.callId ?? '', text, isError: step.state !== 'succeeded' };
    default:
      return { kind: 'note', text };
  }
}

/** Thoughts are signed or encrypted for the model that had them: another one is told the rest of what was said. */
function understoodBy(model: string, spokenBy: string, blocks: ModelAnswer['blocks']): ModelAnswer['blocks'] {
  return model === spokenBy ? blocks : blocks.filter(({ type }) => type !== 'thinking');
}

/** The usage of the run's last answer, with which all that was said before it is counted. Null before the first. */
export function lastUsageOf(steps: readonly StepRow[]): Usage | null {
  const last = steps.findLast(({ kind, state }) => kind === 'model' && state === 'succeeded');
  return (last?.usage ?? null) as Usage | null;
}

/** The answer that a model step recorded, redacted. */
export async function answerOf(workspace: Workspace, step: StepRow | null | undefined): Promise<ModelAnswer> {
  return JSON.parse(await answerTextOf(workspace, step)) as ModelAnswer;
}

async function answerTextOf({ blobs }: Workspace, step: StepRow | null | undefined): Promise<string> {
  if (step?.outputDigest) return blobs.get(step.outputDigest);
  throw new DomainError('internal', `There is no answer at step ${step?.index} of agent run ${step?.agentRunId}.`);
}

type CallPlace = Pick<CallRef, 'agentRunId' | 'modelIndex' | 'callId'>;

/** @throws DomainError `internal` when the answer has no such call, which the loop never asks for */
export async function callAt(workspace: Workspace, ref: CallPlace): Promise<SpokenCall> {
  const [modelStep] = await workspace.steps.at(ref.agentRunId, [ref.modelIndex]);
  return callIn(workspace, modelStep, ref);
}

/** As `callAt`, with the step of the model at hand. */
export async function callIn(
  workspace: Workspace,
  modelStep: StepRow | null | undefined,
  ref: CallPlace,
): Promise<SpokenCall> {
  const text = await answerTextOf(workspace, modelStep);
  const { blocks } = JSON.parse(text) as ModelAnswer;
  const call = callsOf(blocks).find(({ callId }) => callId === ref.callId);
  if (!call)
    throw new DomainError('internal', `Step ${ref.modelIndex} of ${ref.agentRunId} made no call ${ref.callId}.`, {
      ...ref,
    });
  const exact = await exactAnswers(workspace, ref.agentRunId, new Map([[ref.modelIndex, text]]));
  return spokenCall(call, exact.get(ref.modelIndex));
}

/** What the loop is told of an answer's calls: of the answer as it was stored, so that a retry tells the same and no token is told. */
export async function plannedCalls(
  workspace: Workspace,
  run: AgentRunRow,
  { blocks }: ModelAnswer,
): Promise<PlannedCall[]> {
  const tools = [...ownTools(run), ...offeredTools(await offerOf(workspace, run))];
  return callsOf(blocks).map(({ callId, name, input, invalidInput }) => {
    const tool = tools.find((one) => one.name === name);
    return {
      ...{ callId, name, toolClass: tool?.class ?? null },
      fingerprint: digestOf({ name, input, invalidInput: invalidInput ?? null }),
      ...(tool?.quick && { quick: true }),
    };
  });
}

function callsOf(blocks: ModelAnswer['blocks']): ToolCallBlock[] {
  return blocks.filter((block): block is ToolCallBlock => block.type === 'tool_call');
}
