import {
  type AgentRunActivities,
  type AgentRunId,
  AgentRunKind,
  type CallRef,
  DomainError,
  type Failure,
  type Json,
  type JsonObject,
  maxSubtaskDepth,
  maxSubtasksOfRun,
  type SpawnedTask,
  spawnTaskTool,
  subtaskLimit,
  type SubtaskOrder,
  type SubtaskResult,
  subtasksFrom,
} from '@fermata/contracts';
import { subtaskBrief, systemPromptFor } from '@fermata/core/agents';
import { checkCall } from '@fermata/core/tools';
import type { StepStart } from '@fermata/database';
import type { ActivityDeps } from '../deps.js';
import { putPrompts } from '../okr-runs/queue-planning.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { callAt } from './conversation.js';
import { refuseEnded } from './ended-run.js';
import { modelForRun } from './model-for-run.js';

type ParentRow = Awaited<ReturnType<Workspace['agentRuns']['get']>>;

/** The run that asks for a subtask, and the call by which it does. */
interface Asking {
  deps: ActivityDeps;
  workspace: Workspace;
  parent: ParentRow;
  ref: CallRef;
}

/** Queues the run that a call asks for. The row is found again by the call, however often this is tried. */
export async function spawnTask(deps: ActivityDeps, ref: CallRef): Promise<SpawnedTask> {
  const workspace = await openWorkspace(deps, 'agentRun', ref.agentRunId);
  const parent = await workspace.agentRuns.get(ref.agentRunId);
  const asking = { deps, workspace, parent, ref };
  const earlier = await workspace.agentRuns.findByKey(keyOf(ref));
  if (earlier) return spawned({ id: earlier.id, title: earlier.title ?? '' });
  refuseEnded(parent);
  const order = await orderIn(asking);
  if ('refused' in order) {
    await answer(asking, { state: 'failed', text: order.refused });
    return { outcome: 'refused' };
  }
  await workspace.steps.start(stepOf(asking));
  const { id } = await queueSubtask(asking, order);
  return spawned({ id, title: order.title });
}

const keyOf = ({ agentRunId, index }: CallRef): string => `${agentRunId}:subtask:${index}`;

function spawned({ id, title }: { id: string; title: string }): SpawnedTask {
  return { outcome: 'spawned', childRunId: id as AgentRunId, title };
}

function stepOf({ parent, ref }: Asking): StepStart {
  const { id: agentRunId, okrRunId, taskId } = parent;
  const { index, callId } = ref;
  return { agentRunId, okrRunId, taskId, index, kind: 'tool', name: spawnTaskTool, callId };
}

/** Ends the call's step, once. */
async function answer(asking: Asking, { state, text }: { state: 'succeeded' | 'failed'; text: string }): Promise<void> {
  const { steps } = asking.workspace;
  const step = stepOf(asking);
  const { id } = await steps.start(step);
  await steps.end({ ...step, id }, { state, output: { text, mediaType: 'text/plain' } });
}

async function orderIn({ workspace, parent, ref }: Asking): Promise<SubtaskOrder | { refused: string }> {
  const { name, input, invalidInput } = await callAt(workspace, ref);
  const kind = parent.kind as AgentRunKind;
  const checked = checkCall({ kind, name, input, ...(invalidInput !== undefined && { invalidInput }) });
  if (!checked.ok) return { refused: checked.outcome.text };
  if (parent.depth >= maxSubtaskDepth)
    return { refused: `Not done: a subtask at depth ${parent.depth} has none of its own. Do it yourself.` };
  if ((await workspace.agentRuns.countSubtasks(parent.id)) >= maxSubtasksOfRun)
    return {
      refused: `Not done: this run has had ${maxSubtasksOfRun} subtasks, the most it may. Do the rest yourself.`,
    };
  return checked.input as SubtaskOrder;
}

async function queueSubtask(asking: Asking, order: SubtaskOrder): Promise<{ id: string }> {
  const { deps, workspace, parent, ref } = asking;
  const { okrRunId, taskId } = parent;
  if (taskId === null) throw new DomainError('internal', `${parent.id} works on no task, and asks for a part of one.`);
  const [agent, task] = await Promise.all([workspace.agents.get(parent.agentId), workspace.tasks.get(taskId)]);
  const resultSchema = order.resultSchema ?? null;
  const facts = { kind: AgentRunKind.subtask, okrRunId, taskId, complexity: null, failedGates: 0 };
  return workspace.agentRuns.queue({
    key: keyOf(ref),
    ...{ okrRunId, taskId, agentId: agent.id, kind: AgentRunKind.subtask },
    round: await workspace.agentRuns.countSubtasks(parent.id),
    attempt: parent.attempt,
    subtask: {
      ...{ parentRunId: parent.id, depth: parent.depth + 1, title: order.title, resultSchema },
      limitMicros: await limitOf(asking, order),
    },
    runtime: parent.runtime,
    ...(await modelForRun(workspace, agent, facts)),
    host: parent.host ?? deps.hostId,
    worktreeId: parent.worktreeId ?? taskId,
    ...(await prompts(asking, { order, task, agentInstructions: agent.instructions })),
    maxSteps: agent.maxSteps,
    maxWorkMs: agent.maxWorkMs,
    maxOutputTokens: agent.maxOutputTokens,
  });
}

/** What is left to the workspace and the agent is left to others too: a share of it would be no measure for one subtask. */
async function limitOf({ workspace, parent }: Asking, { budgetPercent }: SubtaskOrder): Promise<number | null> {
  const above = [parent.okrRunId, ...(parent.taskId === null ? [] : [parent.taskId]), ...subtasksFrom(parent)];
  return subtaskLimit(await workspace.budgets.leftOf(above), budgetPercent);
}

interface Briefing {
  order: SubtaskOrder;
  task: { id: string; title: string; repositoryId: string };
  agentInstructions: string;
}

async function prompts({ workspace }: Asking, { order, task, agentInstructions }: Briefing) {
  const repository = await workspace.repositories.get(task.repositoryId);
  const { title, instructions } = order;
  const brief = subtaskBrief({
    ...{ title, instructions, wantsData: order.resultSchema !== undefined },
    task: { taskId: task.id, title: task.title },
  });
  const { gates } = repository;
  const system = systemPromptFor(AgentRunKind.subtask, { repository, gates, agentInstructions });
  return putPrompts(workspace, { system, brief });
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
  await answer({ deps, workspace, parent, ref }, { state: ok ? 'succeeded' : 'failed', text: JSON.stringify(told) });
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
