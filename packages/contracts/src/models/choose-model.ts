import type { AgentRunKind } from '../agent-runs/agent-run.js';
import { type Complexity, type ModelChoice, ModelChoiceRule, type ModelPolicy } from './model-policy.js';

/** What is known when a model is chosen. */
export interface ModelFacts {
  /** Where the choice begins: the agent's own model, or what its run was queued with. */
  first: ModelChoice;
  kind: AgentRunKind;
  complexity: Complexity | null;
  /** Rounds of gates that did not pass, in this attempt at the task. */
  failedGates: number;
  /** Of the fullest budget that the run spends; null when none has a limit. */
  budgetPercent: number | null;
  /** Models that cannot be had now, and why: a few words. */
  away: ReadonlyMap<string, string>;
}

/** The agent's own model, which any policy begins with. */
export function ownModel(model: string): ModelChoice {
  return { model, rule: ModelChoiceRule.agent, reason: 'It is the model of the agent.' };
}

/**
 * Which model to ask, and why. A rule chooses by the kind of work, a failed gate asks for a stronger one, a budget that runs
 * out for a cheaper one, and one that is away is stood in for by the first of the fallbacks that is not; in this order, so that
 * money weighs more than strength. When every one of them is away the choice stands as it was: it is waited for.
 */
export function chooseModel(policy: ModelPolicy, facts: ModelFacts): ModelChoice {
  const routed = escalated(policy, facts) ?? ruled(policy, facts) ?? facts.first;
  const wanted = downgraded(policy, facts) ?? routed;
  return fallenBack(policy, facts, wanted) ?? wanted;
}

function ruled({ rules = [] }: ModelPolicy, { kind, complexity }: ModelFacts): ModelChoice | null {
  const index = rules.findIndex(
    (rule) =>
      (rule.kind === undefined || rule.kind === kind) &&
      (rule.complexity === undefined || rule.complexity === complexity),
  );
  const rule = rules[index];
  if (!rule) return null;
  const size = rule.complexity === undefined ? '' : ` of ${rule.complexity} complexity`;
  const reason = `Rule ${index + 1} of the model policy: ${rule.kind ?? 'any work'}${size}.`;
  return { model: rule.model, rule: ModelChoiceRule.rule, reason };
}

function escalated({ escalate }: ModelPolicy, { kind, failedGates }: ModelFacts): ModelChoice | null {
  if (!escalate || kind !== 'repair' || failedGates < escalate.afterFailedGates) return null;
  const often = failedGates === 1 ? 'once' : `${failedGates} times`;
  return { model: escalate.to, rule: ModelChoiceRule.escalate, reason: `Gates have failed ${often}.` };
}

/** The dearest step that has been reached. */
function downgraded({ downgrade = [] }: ModelPolicy, { budgetPercent }: ModelFacts): ModelChoice | null {
  if (budgetPercent === null) return null;
  const reached = downgrade.filter(({ atBudgetPercent }) => budgetPercent >= atBudgetPercent);
  const [last] = reached.sort((a, b) => b.atBudgetPercent - a.atBudgetPercent);
  if (!last) return null;
  const reason = `${Math.floor(budgetPercent)} % of the budget is spent.`;
  return { model: last.to, rule: ModelChoiceRule.downgrade, reason };
}

function fallenBack(
  { fallback = [] }: ModelPolicy,
  { away }: ModelFacts,
  { model: wanted }: ModelChoice,
): ModelChoice | null {
  const why = away.get(wanted);
  if (why === undefined) return null;
  const model = fallback.find((name) => name !== wanted && !away.has(name));
  if (model === undefined) return null;
  return { model, rule: ModelChoiceRule.fallback, reason: `${wanted} cannot be had: ${why}.` };
}
