import type { AgentRunKind } from '../agent-runs/agent-run.js';

/** How much a task is: from what its plan says of it. */
export const Complexity = { low: 'low', medium: 'medium', high: 'high' } as const;
export type Complexity = (typeof Complexity)[keyof typeof Complexity];

/** The first rule that fits a run gives its model; what a rule does not name fits all. */
export interface ModelRule {
  kind?: AgentRunKind | undefined;
  /** Plans have none, so a rule that names it never fits them. */
  complexity?: Complexity | undefined;
  model: string;
}

/** Which model an agent's runs ask, when it is not always the agent's own. */
export interface ModelPolicy {
  rules?: readonly ModelRule[] | undefined;
  /** A repair asks another model once gates have failed so often in this attempt at the task. */
  escalate?: { afterFailedGates: number; to: string } | undefined;
  /** Asked in this order when a model cannot be had: its circuit is open, or its provider refuses us. */
  fallback?: readonly string[] | undefined;
  /** Once so much of a budget of the run is spent, the rest is done by another model. */
  downgrade?: readonly { atBudgetPercent: number; to: string }[] | undefined;
}

/** The part that is looked at before each call; the rest decides once, when a run is queued. */
export type CallPolicy = Pick<ModelPolicy, 'fallback' | 'downgrade'>;

export const ModelChoiceRule = {
  agent: 'agent',
  rule: 'rule',
  escalate: 'escalate',
  downgrade: 'downgrade',
  fallback: 'fallback',
} as const;
export type ModelChoiceRule = (typeof ModelChoiceRule)[keyof typeof ModelChoiceRule];

export interface ModelChoice {
  model: string;
  /** What decided. */
  rule: ModelChoiceRule;
  /** One sentence for a person. */
  reason: string;
}

/** Every model that a policy names, once. */
export function modelsIn({ rules = [], escalate, fallback = [], downgrade = [] }: ModelPolicy): string[] {
  const names = [...rules.map(({ model }) => model), ...fallback, ...downgrade.map(({ to }) => to)];
  return [...new Set(escalate ? [...names, escalate.to] : names)];
}

/** Null when nothing is left to decide. */
export function callPolicyOf({ fallback, downgrade }: ModelPolicy): CallPolicy | null {
  return fallback?.length || downgrade?.length ? { fallback, downgrade } : null;
}

/** Files to change and things to prove, counted together: up to 3 are little, more than 8 are much. */
const littleAtMost = 3;
const mediumAtMost = 8;

/** A plan that names no files says nothing of how many there are, so the task is no small one. */
export function complexityOf(task: {
  predictedPaths: readonly string[];
  acceptanceCriteria: readonly string[];
}): Complexity {
  const size = task.predictedPaths.length + task.acceptanceCriteria.length;
  if (size > mediumAtMost) return Complexity.high;
  return size <= littleAtMost && task.predictedPaths.length > 0 ? Complexity.low : Complexity.medium;
}
