import { callPolicyOf, chooseModel, type ModelFacts, ownModel } from '@fermata/contracts';
import type { AgentRecord, NewAgentRun } from '@fermata/database';
import type { Workspace } from '../workspace.js';
import { subjectsOf } from './call-choice.js';

type RunFacts = Pick<ModelFacts, 'kind' | 'complexity' | 'failedGates'> & { okrRunId: string; taskId: string | null };

/** The model that a run is queued with, why, and what its calls may yet change of it: as its agent says now. */
export async function modelForRun(
  workspace: Workspace,
  { id: agentId, model, modelPolicy: policy, reasoning = null }: AgentRecord,
  { okrRunId, taskId, ...facts }: RunFacts,
): Promise<Pick<NewAgentRun, 'model' | 'modelChoice' | 'modelPolicy' | 'reasoning'>> {
  if (!policy) return { model, reasoning };
  const subjects = subjectsOf(workspace, { agentId, okrRunId, taskId });
  const percent = policy.downgrade?.length ? await workspace.budgets.percentSpent(subjects) : null;
  const choice = chooseModel(policy, { ...facts, first: ownModel(model), budgetPercent: percent, away: new Map() });
  return { model: choice.model, modelChoice: choice, modelPolicy: callPolicyOf(policy), reasoning };
}
