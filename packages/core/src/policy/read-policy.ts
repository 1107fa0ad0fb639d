import { type AgentPolicy, type CommandPattern, DomainError, parseCommandPattern } from '@fermata/contracts';
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
    pattern: rule.command === undefined ? null : readPattern(rule.command, index + 1),
  }));
  return { policy, rules };
}

function readPattern(text: string, number: number): CommandPattern {
  const pattern = parseCommandPattern(text);
  if (pattern !== null) return pattern;
  throw new DomainError(
    'invalid_input',
    `rule ${number} of the policy: ${JSON.stringify(text)} is no pattern of a command: it must name a program and close its quotes`,
  );
}
