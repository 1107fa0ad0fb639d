import type { AgentPolicy } from '@fermata/contracts';
import { parseCommandPattern } from './rules/command-pattern.js';
import type { ReadRule } from './rules/match-rule.js';

/** A policy with its patterns read. */
export interface ReadPolicy {
  policy: AgentPolicy;
  rules: readonly ReadRule[];
}

/** @throws DomainError `invalid_input` when a pattern of a rule cannot be read */
export function readPolicy(policy: AgentPolicy): ReadPolicy {
  const rules = policy.rules.map((rule, index) => ({
    rule,
    number: index + 1,
    pattern: rule.command === undefined ? null : parseCommandPattern(rule.command),
  }));
  return { policy, rules };
}
