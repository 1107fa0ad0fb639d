import type { DangerId } from './danger.js';
import { PolicyEffect } from './policy-effect.js';

/** One simple command of a command line, and what was found about it. */
export interface JudgedCommand {
  /** Its words after expansion; `…` stands for what is known only when it runs, `*` for what a glob finds. */
  argv: readonly string[];
  /** Through what it was reached, outermost first: `['$(…)', 'sh -c']`. Empty when it was written plainly. */
  from: readonly string[];
  effect: PolicyEffect;
  rule: string;
}

export interface PolicyDecision {
  effect: PolicyEffect;
  /** What decided: `rule 3` (counted from 1), `deny-table: <danger>`, `mode: <mode>`. Stable, for logs and statistics. */
  rule: string;
  /** A sentence for the person who is asked and for the model that is refused. */
  reason: string;
  /** The dangers that were found, each of which a rule would have to name to decide in place of the deny table. */
  dangers: readonly DangerId[];
  /** Empty for what is no command line. */
  commands: readonly JudgedCommand[];
}

/** The decision where no person can be asked: a question is a no. */
export function withoutPerson(decision: PolicyDecision): PolicyDecision {
  if (decision.effect !== PolicyEffect.ask) return decision;
  const reason = `${decision.reason} Nobody can be asked here, so it was refused.`;
  return { ...decision, effect: PolicyEffect.deny, reason };
}
