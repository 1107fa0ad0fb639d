import { AgentRunKind, type AgentRunId, type AgentRunOrder, assertNever, type GateOutcome, type Plan, type ReviewFinding } from '@fermata/contracts';
import { repairBrief, reviewBrief, systemPromptFor, workBrief } from '@fermata/core/agents';
import type { ActivityDeps } from '../deps.js';
import { putPrompts } from '../okr-runs/queue-planning.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { agentRunKey, type TaskRow } from './task-texts.js';

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
  const system = systemPromptFor(order.kind, { repositoryName: repository.name, instructions: agent.instructions });
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
    model: agent.model,
    host: task.host ?? deps.hostId,
    worktreeId: task.id,
    ...(await putPrompts(workspace, { system, brief })),
    maxSteps: agent.maxSteps,
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

function describe(task: TaskRow) {
  const { id, title, instructions } = task;
  return {
    id,
    title,
    instructions,
    acceptanceCriteria: task.acceptanceCriteria as string[],
    verificationSteps: task.verificationSteps as string[],
    predictedPaths: task.predictedPaths as string[],
  };
}

async function briefWork({ workspace, task }: Briefing): Promise<string> {
  const { gates } = await workspace.repositories.get(task.repositoryId);
  const links = await workspace.tasks.dependenciesOf([task.id]);
  const before = await Promise.all(links.map((link) => workspace.tasks.get(link.dependsOnId)));
  const dependencies = before.map(({ title, summary }) => ({ title, summary: summary ?? '' }));
  return workBrief({ objective: await objectiveOf(workspace, task), task: describe(task), gates, dependencies });
}

async function objectiveOf({ okrRuns, plans }: Workspace, task: TaskRow): Promise<Plan['objective']> {
  const { objectiveId } = await okrRuns.get(task.okrRunId);
  return plans.objective(objectiveId ?? '');
}

async function briefRepair({ workspace, task, order }: Briefing): Promise<string> {
  const described = describe(task);
  switch (order.reason) {
    case 'conflict':
      return repairBrief({ reason: 'conflict', task: described, conflictingFiles: order.conflictingFiles ?? [] });
    case 'review': {
      const review = await workspace.evidence.latestReview(task.id);
      const findings = (review?.findings ?? []) as unknown as ReviewFinding[];
      return repairBrief({ reason: 'review', task: described, summary: review?.summary ?? '', findings });
    }
    default:
      return repairBrief({ reason: 'gate', task: described, gates: await failedGates(workspace, order) });
  }
}

/** The gates of the latest round that did not pass, with the end of their output. */
async function failedGates({ evidence, blobs }: Workspace, { taskId, attempt }: AgentRunOrder): Promise<GateOutcome[]> {
  const results = await evidence.latestGateResults(taskId, attempt);
  const [last] = results;
  const round = results.filter((result) => result.phase === last?.phase && result.round === last.round && result.state !== 'passed');
  return Promise.all(
    round.map(async ({ name, state, exitCode, durationMs, outputDigest }) => ({
      name,
      state: state as GateOutcome['state'],
      exitCode,
      durationMs,
      tail: outputDigest ? (await blobs.get(outputDigest)).slice(-8_000) : '',
    })),
  );
}

async function briefReview({ deps, workspace, task, order }: Briefing): Promise<string> {
  const { patch, truncated, files } = await deps.git.diff({ worktreePath: deps.git.worktreePath(task.id), base: task.baseCommit ?? 'HEAD' });
  const results = await workspace.evidence.latestGateResults(task.id, order.attempt);
  const [last] = results;
  const gates = results
    .filter((result) => result.round === last?.round && result.phase === last.phase)
    .map(({ name, state, exitCode, durationMs }) => ({ name, state: state as GateOutcome['state'], exitCode, durationMs, tail: '' }));
  return reviewBrief({ task: describe(task), diff: { patch, truncated, files: files.map((file) => file.path) }, gates });
}
