import {
  type AgentRunKind,
  budgetSubjectIds,
  type BudgetSubjects,
  type CallPolicy,
  chooseModel,
  isDomainError,
  type ModelChoice,
  ownModel,
} from '@fermata/contracts';
import { isRefusedByProvider } from '@fermata/core/models';
import type { StepChoice } from '@fermata/database';
import type { Workspace } from '../workspace.js';
import type { AgentRunRow, RunSoFar, StepRow } from './conversation.js';

/** Models that a run cannot have now. */
export interface Away {
  /** Why, in a few words. */
  reasons: Map<string, string>;
  /** Those whose providers turned the run away: they are not asked again in it. */
  refused: Set<string>;
}

/** What earlier calls of the run have found out. */
export function awayBefore(steps: readonly StepRow[]): Away {
  const refused = new Set(lastChoice(steps)?.refused ?? []);
  return { refused, reasons: new Map([...refused].map((model) => [model, 'its provider refuses us'])) };
}

function lastChoice(steps: readonly StepRow[]): StepChoice | null {
  return (lastCall(steps)?.modelChoice ?? null) as StepChoice | null;
}

function lastCall(steps: readonly StepRow[]): StepRow | undefined {
  return steps.findLast(({ kind, state }) => kind === 'model' && state === 'succeeded');
}

/** The model that the run has asked last, or was queued with. */
export function modelBefore({ run, steps }: RunSoFar): string {
  return lastCall(steps)?.name ?? run.model;
}

/** Which model the next call asks. A run without a policy asks what it was queued with, and nothing is looked up for it. */
export async function chooseForCall(workspace: Workspace, run: AgentRunRow, away: Away): Promise<ModelChoice> {
  const first = firstChoice(run);
  const policy = run.modelPolicy as CallPolicy | null;
  if (policy === null) return first;
  return chooseModel(policy, {
    ...{ first, kind: run.kind as AgentRunKind, complexity: null, failedGates: 0, away: away.reasons },
    budgetPercent: policy.downgrade?.length ? await workspace.budgets.percentSpent(subjectsOf(workspace, run)) : null,
  });
}

/** Whose budgets a call of a run is held against and counted in. */
export function subjectsOf(
  { workspaceId }: Pick<Workspace, 'workspaceId'>,
  run: Omit<BudgetSubjects, 'workspaceId'>,
): string[] {
  return budgetSubjectIds({ workspaceId, ...run });
}

/** The model that a run was queued with, and why. */
export function firstChoice({ model, modelChoice }: { model: string; modelChoice: unknown }): ModelChoice {
  return modelChoice === null ? ownModel(model) : { ...(modelChoice as ModelChoice), model };
}

/** What is written down of a choice; nothing for a run that never had one. */
export function recordedChoice(run: AgentRunRow, choice: ModelChoice, { refused }: Away): StepChoice | null {
  if (run.modelPolicy === null && run.modelChoice === null) return null;
  return refused.size === 0 ? choice : { ...choice, refused: [...refused] };
}

/** True when a call may be made of another model instead, because the fault is this one's provider's. */
export function mayFallBack({ modelPolicy }: AgentRunRow, error: unknown): boolean {
  const policy = modelPolicy as CallPolicy | null;
  return Boolean(policy?.fallback?.length) && isDomainError(error) && isRefusedByProvider(error);
}
