import {
  DomainError,
  type Failure,
  isFinal,
  type KeyResultId,
  type Measure,
  type MeasuringActivities,
  type OkrRunActivities,
  type OkrRunState,
  okrRunTransitions,
  type Plan,
  type RepositoryId,
  type TaskId,
  type TaskState,
  type WorkspaceId,
} from '@fermata/contracts';
import { knownModel } from '@fermata/core/models';
import { estimatePlanCost } from '@fermata/core/planning';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace } from '../workspace.js';
import { conclude, endEarly } from './conclude.js';
import { measureKeyResult, takeAnswer } from './measure-key-result.js';
import { queuePlanning } from './queue-planning.js';

export function createOkrRunActivities(deps: ActivityDeps): OkrRunActivities & MeasuringActivities {
  const open = (okrRunId: string) => openWorkspace(deps, 'okrRun', okrRunId);
  return {
    async loadOkrRun({ okrRunId }) {
      const { okrRuns, workspaceId } = await open(okrRunId);
      const run = await okrRuns.get(okrRunId);
      const state = run.state as OkrRunState;
      return {
        workspaceId: workspaceId as WorkspaceId,
        repositoryId: run.repositoryId as RepositoryId,
        maxParallelTasks: run.maxParallelTasks,
        state,
        ended: isFinal(okrRunTransitions, state),
      };
    },

    queuePlanning: ({ okrRunId }) => queuePlanning(deps, okrRunId),

    async adoptPlan({ okrRunId, agentRunId }) {
      const { plans, agentRuns } = await open(okrRunId);
      const { result, failure, state, model } = await agentRuns.get(agentRunId);
      if (state !== 'succeeded' || !result) throw planningFailed(failure as Failure | null, state);
      const plan = result as unknown as Plan;
      const { totalMicros } = estimatePlanCost(plan, knownModel(model, deps.catalogue).price);
      return plans.adopt(okrRunId, { plan, estimatedMicros: totalMicros });
    },

    async settlePlanApproval({ okrRunId, approvalId, timedOut }) {
      const { plans, approvals } = await open(okrRunId);
      if (timedOut) await approvals.expire(approvalId);
      return plans.settle(okrRunId, approvalId);
    },

    async listPlannedWork({ okrRunId }) {
      const { tasks, plans } = await open(okrRunId);
      const rows = await tasks.ofRun(okrRunId);
      const links = await tasks.dependenciesOf(rows.map((task) => task.id));
      const dependsOn = (id: string) =>
        links.filter((link) => link.taskId === id).map((link) => link.dependsOnId as TaskId);
      const keyResults = await plans.keyResultsOf(okrRunId);
      return {
        tasks: rows.map(({ id, state, attempts, title }) => ({
          taskId: id as TaskId,
          // Reopening counts the attempt up; the first begins at 1.
          attempt: Math.max(1, attempts),
          dependsOn: dependsOn(id),
          state: state as TaskState,
          title,
        })),
        keyResults: keyResults.map(({ id, measure }) => ({
          keyResultId: id as KeyResultId,
          kind: (measure as unknown as Measure).kind,
        })),
      };
    },

    async moveOkrRun(move) {
      const { okrRunId: id, to, failure } = move;
      if (to === 'failed' || to === 'cancelled') {
        await endEarly(deps, id, { to, ...(failure && { failure }) });
        return { moved: true };
      }
      const { okrRuns } = await open(id);
      if (to === 'measuring') return { moved: await okrRuns.beginMeasuring(id) };
      await okrRuns.move({ id, to, ...(failure && { failure }) });
      return { moved: true };
    },

    async skipTask({ taskId, because }) {
      const { tasks } = await openWorkspace(deps, 'task', taskId);
      const titles = await Promise.all(because.map(async (id) => (await tasks.get(id)).title));
      const message = `Not run, because it depends on what was not done: ${titles.join(', ')}.`;
      await tasks.skip(taskId, { code: 'conflict', message, details: { because: [...because] } });
    },

    measureKeyResult: (order) => measureKeyResult(deps, order),

    recordMeasurementAnswer: (answer) => takeAnswer(deps, answer),

    concludeOkrRun: ({ okrRunId }) => conclude(deps, okrRunId),

    concludeCancelled: ({ okrRunId }) => endEarly(deps, okrRunId, { to: 'cancelled' }),
  };
}

function planningFailed(failure: Failure | null, state: string): DomainError {
  if (failure) return new DomainError(failure.code, `No plan was made: ${failure.message}`, failure.details);
  return new DomainError('plan_invalid', `No plan was made: the planner's run is ${state}.`);
}
