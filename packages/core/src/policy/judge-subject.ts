import { compareStrictness, type DangerId, dangers, PolicyEffect } from '@fermata/contracts';
import type { DangerFinding } from './dangers/danger-check.js';
import type { ReadPolicy } from './read-policy.js';
import { matchesRule, type ReadRule, type Subject } from './rules/match-rule.js';

/** What is found about one thing: a command, a path, a host. */
export interface Verdict {
  effect: PolicyEffect;
  rule: string;
  reason: string;
  dangers: readonly DangerId[];
}

export interface Judging {
  read: ReadPolicy;
  subject: Omit<Subject, 'dangers'>;
  found: readonly DangerFinding[];
  /** For people: `rm -rf /`. */
  shown: string;
  /** What the mode says where no rule does. */
  byMode: () => Verdict;
  /** Only what forbids it counts: what it runs is judged by itself. */
  onlyForbids?: boolean;
}

/** The deny table first, then the rules in their order, then the mode; the stricter of table and rules counts. */
export function judgeSubject({ read, subject, found, shown, byMode, onlyForbids = false }: Judging): Verdict {
  const ids = [...new Set(found.map(({ danger }) => danger))];
  const whole: Subject = { ...subject, dangers: ids };
  const fromTable = found
    .filter(({ danger }) => !read.rules.some((one) => one.rule.danger === danger && matchesRule(one, whole)))
    .map((one) => tableVerdict(one, shown));
  const rule = read.rules.find((one) => matchesRule(one, whole) && !(onlyForbids && !forbidsCommand(one)));
  const fromRules = rule === undefined ? byMode() : ruleVerdict(rule, shown);
  return { ...strictest([...fromTable, fromRules]), dangers: ids };
}

function forbidsCommand({ rule, pattern }: ReadRule): boolean {
  return rule.effect !== PolicyEffect.allow && (pattern !== null || rule.danger !== undefined);
}

function tableVerdict({ danger, detail }: DangerFinding, shown: string): Verdict {
  const { effect, sentence } = dangers[danger];
  const rule = danger === 'unparsed' ? 'unparsed' : `deny-table: ${danger}`;
  return { effect, rule, reason: `${shown} ${sentence}: ${detail}.`, dangers: [danger] };
}

const verbs: Readonly<Record<PolicyEffect, string>> = {
  allow: 'allows',
  ask: 'wants a person to be asked about',
  deny: 'denies',
};

function ruleVerdict({ rule, number }: ReadRule, shown: string): Verdict {
  const reason = rule.reason ?? `Rule ${number} of the agent's policy ${verbs[rule.effect]} ${shown}.`;
  return { effect: rule.effect, rule: `rule ${number}`, reason, dangers: [] };
}

/** The first of the strictest. */
export function strictest<T extends { effect: PolicyEffect }>(verdicts: readonly [T, ...T[]] | readonly T[]): T {
  const [first, ...rest] = verdicts;
  if (first === undefined) throw new TypeError('there is nothing to choose from');
  return rest.reduce((best, one) => (compareStrictness(one.effect, best.effect) > 0 ? one : best), first);
}
