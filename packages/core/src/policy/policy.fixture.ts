import {
  type AgentPolicy,
  type Operation,
  type OperationPlace,
  type PolicyDecision,
  PolicyMode,
  type PolicyRule,
} from '@fermata/contracts';
import { place } from './corpus/corpus.fixture.js';
import { createPolicyEngine } from './create-policy-engine.js';

const engine = createPolicyEngine();

/** A policy of nothing but rules, in mode accept-edits unless told otherwise. */
export function policyOf(rules: readonly PolicyRule[], mode: PolicyMode = PolicyMode.acceptEdits): AgentPolicy {
  return { mode, rules, hosts: [] };
}

export function decideOperation(
  policy: AgentPolicy,
  operation: Operation,
  more: Partial<OperationPlace> = {},
): PolicyDecision {
  return engine.decide(policy, operation, { ...place, ...more });
}

export function decideLine(policy: AgentPolicy, commandLine: string, cwd?: string): PolicyDecision {
  return decideOperation(policy, { kind: 'command', tool: 'bash', commandLine, ...(cwd !== undefined && { cwd }) });
}
