import {
  type ChangeRequestId,
  DomainError,
  hostQueue,
  type OkrRunId,
  type RepositoryId,
  type ReviewResult,
  type TaskActivities,
  type WorkspaceId,
} from '@fermata/contracts';
import { branchNameFor } from '@fermata/core/git';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace } from '../workspace.js';
import { askAboutTask } from './ask-about-task.js';
import { queueAgentRun } from './queue-agent-run.js';
import { settleAttempt } from './settle-attempt.js';

export function createTaskActivities(deps: ActivityDeps): TaskActivities {
  const open = (taskId: string) => openWorkspace(deps, 'task', taskId);
  return {
    async beginTask({ taskId, attempt }) {
      const { tasks, repositories, workspaceId } = await open(taskId);
      const task = await tasks.begin({ taskId, attempt, host: deps.hostId });
      const { gates } = await repositories.get(task.repositoryId);
      return {
        workspaceId: workspaceId as WorkspaceId,
        okrRunId: task.okrRunId as OkrRunId,
        repositoryId: task.repositoryId as RepositoryId,
        hostQueue: hostQueue(task.host ?? deps.hostId),
        gates: gates.map((gate) => gate.name),
        maxRepairRounds: deps.limits.maxRepairRounds,
        maxReviewRounds: deps.limits.maxReviewRounds,
      };
    },

    queueAgentRun: (order) => queueAgentRun(deps, order),

    async moveTask({ taskId, attempt, to }) {
      const { tasks } = await open(taskId);
      const { attempts } = await tasks.get(taskId);
      if (attempts > attempt)
        throw new DomainError('conflict', `Attempt ${attempt} at task ${taskId} is over.`, { taskId, attempt });
      await tasks.move(taskId, to);
    },

    async recordReview({ taskId, attempt, round, agentRunId }) {
      const { evidence, agentRuns, tasks } = await open(taskId);
      const run = await agentRuns.get(agentRunId);
      if (run.state !== 'succeeded' || !run.result) {
        throw new DomainError('conflict', `The review ${agentRunId} gave no verdict: it is ${run.state}.`, {
          agentRunId,
        });
      }
      const { okrRunId, headCommit: commit } = await tasks.get(taskId);
      const result = run.result as unknown as ReviewResult;
      await evidence.recordReview({ okrRunId, taskId, attempt, round, agentRunId, commit, result });
      return { verdict: result.verdict, findings: result.findings.length };
    },

    askAboutTask: (question) => askAboutTask(deps, question),

    async settleTask({ taskId, attempt, state, failure }) {
      const workspace = await open(taskId);
      const task = await workspace.tasks.get(taskId);
      // A late call of an attempt that another has followed says nothing about the new one.
      if (task.attempts > attempt) return { state, failure };
      return settleAttempt(deps, { workspace, task }, { state, failure });
    },

    async prepareChangeRequest({ taskId, attempt }) {
      const { tasks, changeRequests, repositories } = await open(taskId);
      const task = await tasks.get(taskId);
      const { defaultBranch } = await repositories.get(task.repositoryId);
      const { id } = await changeRequests.prepare({
        okrRunId: task.okrRunId,
        taskId,
        attempt,
        repositoryId: task.repositoryId,
        branch: task.branch ?? branchNameFor({ taskId, title: task.title }),
        targetBranch: defaultBranch,
        title: task.title,
        body: task.summary ?? task.instructions,
        baseCommit: task.baseCommit ?? '',
        headCommit: task.headCommit ?? '',
      });
      return { changeRequestId: id as ChangeRequestId };
    },
  };
}
