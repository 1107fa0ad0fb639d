import { AgentRunKind, type AgentRunId, type OkrRunId, type QueuedPlanning } from '@fermata/contracts';
import { planBrief, systemPromptFor } from '@fermata/core/agents';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelForRun } from '../agent-runs/model-for-run.js';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace, type Workspace } from '../workspace.js';
import { cleanWorktree, type CleanWorktree, type Repository } from './clean-worktree.js';

const listedFiles = 2_000;
const readmeNames = ['README.md', 'README', 'readme.md', 'README.rst', 'README.txt'];

/** Makes the planner's worktree, its brief and its agent run. */
export async function queuePlanning(deps: ActivityDeps, okrRunId: OkrRunId): Promise<QueuedPlanning> {
  const workspace = await openWorkspace(deps, 'okrRun', okrRunId);
  const run = await workspace.okrRuns.get(okrRunId);
  const key = `${okrRunId}:plan`;
  const earlier = await workspace.agentRuns.findByKey(key);
  if (earlier) return { agentRunId: earlier.id as AgentRunId };
  const repository = await workspace.repositories.get(run.repositoryId);
  const agent = await workspace.agents.get(run.agentId);
  const worktreeId = `${okrRunId}-plan`;
  const worktree = await cleanWorktree(deps, repository, worktreeId);
  const brief = planBrief({ goal: run.goal, repository: await describe(deps, repository, worktree) });
  const system = systemPromptFor(AgentRunKind.plan, {
    repository,
    gates: repository.gates,
    agentInstructions: agent.instructions,
  });
  const { id } = await workspace.agentRuns.queue({
    key,
    okrRunId,
    agentId: agent.id,
    kind: AgentRunKind.plan,
    round: 0,
    attempt: 1,
    runtime: agent.runtime,
    ...(await modelForRun(workspace, agent, {
      kind: AgentRunKind.plan,
      okrRunId,
      task: null,
      failedGates: 0,
    })),
    host: deps.hostId,
    worktreeId,
    ...(await putPrompts(workspace, { system, brief })),
    maxSteps: agent.maxSteps,
    maxWorkMs: agent.maxWorkMs,
    maxOutputTokens: agent.maxOutputTokens,
  });
  return { agentRunId: id as AgentRunId };
}

async function describe(deps: ActivityDeps, repository: Repository, { path, commit }: CleanWorktree) {
  const { files } = await deps.git.trackedFiles({ repositoryId: repository.id, commit, limit: listedFiles });
  const { name, defaultBranch, gates } = repository;
  return { name, defaultBranch, gates, files, readme: await readme(path) };
}

async function readme(path: string): Promise<string | null> {
  for (const name of readmeNames) {
    const text = await readFile(join(path, name), 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  return null;
}

/** Stores both prompts; the run's row has their digests. */
export async function putPrompts({ blobs }: Workspace, prompts: { system: string; brief: string }) {
  const systemDigest = await blobs.put(prompts.system, 'text/plain');
  const briefDigest = await blobs.put(prompts.brief, 'text/plain');
  return { systemDigest, briefDigest };
}
