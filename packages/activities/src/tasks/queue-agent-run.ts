import {
  AgentRunKind,
  type AgentRunId,
  type AgentRunOrder,
  assertNever,
  DomainError,
  GateState,
  type Plan,
  type ReviewFinding,
} from '@fermata/contracts';
import { repairBrief, reviewBrief, systemPromptFor, workBrief } from '@fermata/core/agents';
import type { ActivityDeps } from '../deps.js';
import { putPrompts } from '../okr-runs/queue-planning.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { modelForRun } from '../agent-runs/model-for-run.js';
import { standingTaskWorktree } from './standing-worktree.js';
import { agentRunKey, describedTask, type TaskRow } from './task-texts.js';

interface Briefing {
  deps: ActivityDeps;
  workspace: Workspace;
  task: TaskRow;
  order: AgentRunOrder;
}

/** Writes the brief of an agent run and queues it, once for each kind and round. */
export async function queueAgentRun(deps: ActivityDeps, order: AgentRunOrder): Promise<{ agentRunId: AgentRunId }> {
  const workspace = await openWorkspace(deps, 'task', order.taskId);
  const key = agentRunKey(order);
  const earlier = await workspace.agentRuns.findByKey(key);
  if (earlier) return { agentRunId: earlier.id as AgentRunId };
  const task = await workspace.tasks.get(order.taskId);
  const agent = await workspace.agents.get(task.agentId);
  const repository = await workspace.repositories.get(task.repositoryId);
  const brief = await briefOf({ deps, workspace, task, order });
  const system = systemPromptFor(order.kind, {
    repository,
    gates: repository.gates,
    agentInstructions: agent.instructions,
  });
  const { id } = await workspace.agentRuns.queue({
    key,
    okrRunId: task.okrRunId,
    taskId: task.id,
    agentId: agent.id,
    kind: order.kind,
    round: order.round,
    attempt: order.attempt,
    ...(order.continues && { continuesRunId: order.continues }),
    runtime: agent.runtime,
    ...(await modelForRun(workspace, agent, {
      ...{ kind: order.kind, okrRunId: task.okrRunId, task },
      failedGates: order.kind === AgentRunKind.repair ? await failedGateRounds(workspace, order) : 0,
    })),
    host: task.host ?? deps.hostId,
    worktreeId: task.id,
    ...(await putPrompts(workspace, { system, brief })),
    maxSteps: agent.maxSteps,
    maxWorkMs: agent.maxWorkMs,
    maxOutputTokens: agent.maxOutputTokens,
  });
  return { agentRunId: id as AgentRunId };
}

function briefOf(briefing: Briefing): Promise<string> {
  switch (briefing.order.kind) {
    case AgentRunKind.work:
      return briefWork(briefing);
    case AgentRunKind.repair:
      return briefRepair(briefing);
    case AgentRunKind.review:
      return briefReview(briefing);
    default:
      return assertNever(briefing.order.kind);
  }
}

async function briefWork({ workspace, task }: Briefing): Promise<string> {
  const { gates } = await workspace.repositories.get(task.repositoryId);
  const links = await workspace.tasks.dependenciesOf([task.id]);
  const before = await Promise.all(links.map((link) => workspace.tasks.get(link.dependsOnId)));
  const dependencies = before.map(({ title, summary }) => ({ title, summary: summary ?? '' }));
  return workBrief({ objective: await objectiveOf(workspace, task), task: describedTask(task), gates, dependencies });
}

async function objectiveOf({ okrRuns, plans }: Workspace, task: TaskRow): Promise<Plan['objective']> {
  const { objectiveId } = await okrRuns.get(task.okrRunId);
  return plans.objective(objectiveId ?? '');
}

async function briefRepair({ workspace, task: row, order }: Briefing): Promise<string> {
  const task = describedTask(row);
  switch (order.reason) {
    case 'conflict': {
      const { defaultBranch: targetBranch } = await workspace.repositories.get(row.repositoryId);
      return repairBrief({ reason: 'conflict', task, targetBranch, files: order.conflictingFiles ?? [] });
    }
    case 'review': {
      const review = await workspace.evidence.latestReview(row.id);
      const findings = (review?.findings ?? []) as unknown as ReviewFinding[];
      return repairBrief({ reason: 'review', task, review: { summary: review?.summary ?? '', findings } });
    }
    default:
      return repairBrief({ reason: 'gate', task, gate: await failedGate(workspace, order) });
  }
}

/** The first gate of the latest round that did not pass, with the end of its output. */
async function failedGate(workspace: Workspace, order: AgentRunOrder) {
  const failed = (await latestRound(workspace, order)).find((result) => result.state !== GateState.passed);
  if (!failed) throw new DomainError('internal', `Task ${order.taskId} is to be repaired, and every gate passed.`);
  const { name, command, exitCode, outputDigest } = failed;
  const tail = outputDigest === null ? '' : await workspace.blobs.get(outputDigest);
  return { name, command, state: failed.state as GateState, exitCode, tail };
}

/** In how many rounds of this attempt a gate did not pass. */
async function failedGateRounds({ evidence }: Workspace, { taskId, attempt }: AgentRunOrder): Promise<number> {
  const results = await evidence.latestGateResults(taskId, attempt);
  const failed = results.filter(({ state }) => state !== GateState.passed);
  return new Set(failed.map(({ phase, round }) => `${phase}:${round}`)).size;
}

async function latestRound({ evidence }: Workspace, { taskId, attempt }: AgentRunOrder) {
  const results = await evidence.latestGateResults(taskId, attempt);
  const [last] = results;
  return results.filter((result) => result.phase === last?.phase && result.round === last.round);
}

async function briefReview({ deps, workspace, task, order }: Briefing): Promise<string> {
  await standingTaskWorktree({ deps, workspace }, task);
  const worktreePath = deps.git.worktreePath(task.id);
  const { patch } = await deps.git.diff({ worktreePath, base: task.baseCommit ?? 'HEAD' });
  const results = await latestRound(workspace, order);
  const gates = results.map(({ name, state, exitCode }) => ({ name, state: state as GateState, exitCode, tail: '' }));
  return reviewBrief({
    task: describedTask(task),
    patch,
    gates,
    ...(task.summary !== null && { summary: task.summary }),
  });
}
