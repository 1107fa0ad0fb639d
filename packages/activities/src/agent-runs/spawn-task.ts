import {
  type AgentRunActivities,
  type AgentRunId,
  AgentRunKind,
  type CallRef,
  DomainError,
  type Failure,
  formatUsd,
  isDomainError,
  type Json,
  type JsonObject,
  maxSubtaskDepth,
  maxSubtasksOfRun,
  PolicyEffect,
  type SpawnedTask,
  spawnTaskTool,
  subtaskLimit,
  type SubtaskOrder,
  type SubtaskResult,
  subtasksFrom,
} from '@fermata/contracts';
import { worstCaseCost } from '@fermata/contracts/models';
import { assembleConversation, subtaskBrief, systemPromptFor } from '@fermata/core/agents';
import { worstCaseInputTokens } from '@fermata/core/models';
import { checkCall, toolsOfRun } from '@fermata/core/tools';
import { type NewAgentRun, type NewSubtask, redacted, type StepStart } from '@fermata/database';
import type { ActivityDeps, CallableModel } from '../deps.js';
import { putPrompts } from '../okr-runs/queue-planning.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { callAt, standingRequest } from './conversation.js';
import { refuseEnded } from './ended-run.js';
import { modelForRun } from './model-for-run.js';
import { worktreeOf } from './run-worktree.js';
import { refused } from './tool-permission.js';
import { requestOf } from './tool-request.js';

type ParentRow = Awaited<ReturnType<Workspace['agentRuns']['get']>>;

/** The run that asks for a subtask, and the call by which it does. */
interface Asking {
  deps: ActivityDeps;
  workspace: Workspace;
  parent: ParentRow;
  ref: CallRef;
  /** Subtasks that the run has had before. */
  had: number;
}

/** Queues the run that a call asks for. The row is found again by the call, however often this is tried. */
export async function spawnTask(deps: ActivityDeps, ref: CallRef): Promise<SpawnedTask> {
  const workspace = await openWorkspace(deps, 'agentRun', ref.agentRunId);
  const parent = await workspace.agentRuns.get(ref.agentRunId);
  const earlier = await workspace.agentRuns.findByKey(keyOf(ref));
  if (earlier) return spawned({ id: earlier.id, title: earlier.title ?? '' });
  refuseEnded(parent);
  const asking = { deps, workspace, parent, ref, had: await workspace.agentRuns.countSubtasks(parent.id) };
  const order = await orderIn(asking);
  const run = 'refused' in order ? order : await draftSubtask(asking, order);
  if ('refused' in run) {
    await answer(asking, { state: 'failed', text: run.refused });
    return { outcome: 'refused' };
  }
  await workspace.steps.start(stepOf(asking));
  const { id } = await workspace.agentRuns.queue(run);
  return spawned({ id, title: run.subtask.title });
}

const keyOf = ({ agentRunId, index }: CallRef): string => `${agentRunId}:subtask:${index}`;

function spawned({ id, title }: { id: string; title: string }): SpawnedTask {
  return { outcome: 'spawned', childRunId: id as AgentRunId, title: redacted(title) };
}

type Answering = Pick<Asking, 'workspace' | 'parent' | 'ref'>;

function stepOf({ parent, ref }: Answering): StepStart {
  const { id: agentRunId, okrRunId, taskId } = parent;
  const { index, callId } = ref;
  return { agentRunId, okrRunId, taskId, index, kind: 'tool', name: spawnTaskTool, callId };
}

/** Ends the call's step, once. */
async function answer(
  asking: Answering,
  { state, text }: { state: 'succeeded' | 'failed'; text: string },
): Promise<void> {
  const { steps } = asking.workspace;
  const step = stepOf(asking);
  const { id } = (await steps.find(step.agentRunId, step.index)) ?? (await steps.start(step));
  await steps.end({ ...step, id }, { state, output: { text, mediaType: 'text/plain' } });
}

/** Why a call is not done, for the model to read. */
interface Refused {
  refused: string;
}

async function orderIn(asking: Asking): Promise<SubtaskOrder | Refused> {
  const { workspace, parent, ref, had } = asking;
  const checked = checkCall(requestOf({ run: parent, call: await callAt(workspace, ref) }));
  if (!checked.ok) return { refused: checked.outcome.text };
  if (parent.depth >= maxSubtaskDepth)
    return { refused: `Not done: a subtask at depth ${parent.depth} has none of its own. Do it yourself.` };
  if (had >= maxSubtasksOfRun)
    return {
      refused: `Not done: this run has had ${maxSubtasksOfRun} subtasks, the most it may. Do the rest yourself.`,
    };
  return (await deniedByPolicy(asking)) ?? (checked.input as SubtaskOrder);
}

/** Nobody is asked about a subtask: what it does is judged call by call. Whoever wants none denies the tool. */
async function deniedByPolicy({ deps, workspace, parent }: Asking): Promise<Refused | null> {
  const policy = await workspace.agents.policyOf(parent.agentId);
  const place = { worktree: worktreeOf(deps, parent), home: deps.home };
  const decision = deps.policy.decide(policy, { kind: 'call', tool: spawnTaskTool }, place);
  return decision.effect === PolicyEffect.deny ? { refused: refused(decision) } : null;
}

/** The run as it is going to be queued, unless it could not make a single call. */
async function draftSubtask(asking: Asking, order: SubtaskOrder): Promise<SubtaskDraft | Refused> {
  const { deps, workspace, parent, ref } = asking;
  const { okrRunId, taskId } = parent;
  if (taskId === null) throw new DomainError('internal', `${parent.id} works on no task, and asks for a part of one.`);
  const [agent, task] = await Promise.all([workspace.agents.get(parent.agentId), workspace.tasks.get(taskId)]);
  const facts = { kind: AgentRunKind.subtask, okrRunId, task, failedGates: 0 };
  const texts = await textsOf(asking, { order, task, agentInstructions: agent.instructions });
  const { maxSteps, maxWorkMs, maxOutputTokens } = agent;
  const subtask = {
    ...{ parentRunId: parent.id, depth: parent.depth + 1, title: order.title },
    resultSchema: order.resultSchema ?? null,
    limitMicros: await limitOf(asking, order),
  };
  const chosen = await modelForRun(workspace, agent, facts);
  const tooLittle = await tooLittleFor(asking, { ...texts, ...subtask, model: chosen.model, maxOutputTokens });
  if (tooLittle !== null) return tooLittle;
  return {
    key: keyOf(ref),
    ...{ okrRunId, taskId, agentId: agent.id, kind: AgentRunKind.subtask, subtask },
    round: asking.had,
    attempt: parent.attempt,
    runtime: parent.runtime,
    ...chosen,
    host: parent.host ?? deps.hostId,
    worktreeId: parent.worktreeId ?? taskId,
    ...(await putPrompts(workspace, texts)),
    ...{ maxSteps, maxWorkMs, maxOutputTokens },
  };
}

type SubtaskDraft = NewAgentRun & Required<Pick<NewAgentRun, 'subtask'>>;

/** What is left to the workspace and the agent is left to others too: a share of it would be no measure for one subtask. */
async function limitOf({ workspace, parent }: Asking, { budgetPercent }: SubtaskOrder): Promise<number | null> {
  const above = [parent.okrRunId, ...(parent.taskId === null ? [] : [parent.taskId]), ...subtasksFrom(parent)];
  return subtaskLimit(await workspace.budgets.leftOf(above), budgetPercent);
}

interface FirstCall extends Pick<NewSubtask, 'depth' | 'limitMicros' | 'resultSchema'> {
  system: string;
  brief: string;
  model: string;
  maxOutputTokens: number;
}

/** A share that its first call does not fit in would have it, and so its parent, wait for a person. */
async function tooLittleFor({ deps, workspace }: Asking, call: FirstCall): Promise<Refused | null> {
  const { system, brief, depth, resultSchema, limitMicros } = call;
  if (limitMicros === null) return null;
  const found = await modelOf(deps, workspace, call.model);
  if ('refused' in found) return found;
  const tools = toolsOfRun({ kind: AgentRunKind.subtask, depth, resultSchema }).map(({ schema }) => schema);
  const standing = standingRequest({ system, tools, maxOutputTokens: call.maxOutputTokens }, found);
  const inputTokens = worstCaseInputTokens({
    ...standing,
    messages: assembleConversation([{ kind: 'brief', text: brief }]),
  });
  const neededMicros = worstCaseCost(inputTokens, standing.maxOutputTokens, found.facts.price);
  if (neededMicros <= limitMicros) return null;
  const share = `its share of what is left is ${formatUsd(limitMicros)}, and its first call may cost ${formatUsd(neededMicros)}`;
  return { refused: `Not done: ${share}. Give it a greater budgetPercent, or do it yourself.` };
}

async function modelOf(deps: ActivityDeps, { workspaceId }: Workspace, name: string): Promise<CallableModel | Refused> {
  try {
    return await deps.modelNamed(name, workspaceId);
  } catch (error) {
    if (!isDomainError(error) || error.retryable) throw error;
    return { refused: `Not done: ${error.message}` };
  }
}

interface Briefing {
  order: SubtaskOrder;
  task: { id: string; title: string; repositoryId: string };
  agentInstructions: string;
}

async function textsOf({ workspace }: Asking, { order, task, agentInstructions }: Briefing) {
  const repository = await workspace.repositories.get(task.repositoryId);
  const { title, instructions } = order;
  const brief = subtaskBrief({
    ...{ title, instructions, wantsData: order.resultSchema !== undefined },
    task: { taskId: task.id, title: task.title },
  });
  const { gates } = repository;
  return { system: systemPromptFor(AgentRunKind.subtask, { repository, gates, agentInstructions }), brief };
}

type Recorded = Parameters<AgentRunActivities['recordSubtask']>[0];

/** Answers the call with how its subtask has ended. One that has failed is an error for the model, not for the run. */
export async function recordSubtask(deps: ActivityDeps, { childRunId, ...ref }: Recorded): Promise<void> {
  const workspace = await openWorkspace(deps, 'agentRun', ref.agentRunId);
  const parent = await workspace.agentRuns.get(ref.agentRunId);
  const child = await workspace.agentRuns.get(childRunId);
  const [{ spentMicros }, lastIndex] = await Promise.all([
    workspace.budgets.get(childRunId),
    workspace.steps.lastIndex(childRunId),
  ]);
  const ok = child.state === 'succeeded';
  const told: JsonObject = {
    ...{ subtask: child.id, state: child.state },
    ...(ok ? (child.result as unknown as SubtaskResult) : { failure: failureOf(child.failure) }),
    ...{ costUsd: spentMicros / 1_000_000, steps: lastIndex + 1 },
  };
  await answer({ workspace, parent, ref }, { state: ok ? 'succeeded' : 'failed', text: JSON.stringify(told) });
}

/** What it had changed by then is still there. */
function failureOf(failure: unknown): Json {
  const known = failure as Failure | null;
  const message = known?.message ?? 'It was cancelled.';
  return {
    ...(known && { code: known.code }),
    message: `${message} What it has changed is in the worktree: look at git_diff.`,
  };
}
