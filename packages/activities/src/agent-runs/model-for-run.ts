import { callPolicyOf, chooseModel, complexityOf, type ModelFacts, ownModel } from '@fermata/contracts';
import type { AgentRecord, NewAgentRun } from '@fermata/database';
import { describedTask, type TaskRow } from '../tasks/task-texts.js';
import type { Workspace } from '../workspace.js';
import { subjectsOf } from './call-choice.js';

interface RunFacts extends Pick<ModelFacts, 'kind' | 'failedGates'> {
  okrRunId: string;
  /** What it works on, or on a part of it. */
  task: TaskRow | null;
}

/** The model that a run is queued with, why, and what its calls may yet change of it: as its agent says now. */
export async function modelForRun(
  workspace: Workspace,
  { id: agentId, model, modelPolicy: policy, reasoning = null }: AgentRecord,
  { okrRunId, task, ...facts }: RunFacts,
): Promise<Pick<NewAgentRun, 'model' | 'modelChoice' | 'modelPolicy' | 'reasoning'>> {
  if (!policy) return { model, reasoning };
  const subjects = subjectsOf(workspace, { agentId, okrRunId, taskId: task?.id ?? null });
  const percent = policy.downgrade?.length ? await workspace.budgets.percentSpent(subjects) : null;
  const choice = chooseModel(policy, {
    ...{ ...facts, complexity: task && complexityOf(describedTask(task)), first: ownModel(model) },
    ...{ budgetPercent: percent, away: new Map() },
  });
  return { model: choice.model, modelChoice: choice, modelPolicy: callPolicyOf(policy), reasoning };
}
