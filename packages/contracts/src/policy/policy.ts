import type { DangerId } from './danger.js';
import type { Containment } from '../sandbox/containment.js';
import type { PolicyEffect } from './policy-effect.js';

/**
 * What is done about an operation that no rule speaks of.
 * `plan`: reads are allowed, the rest is denied. `accept-edits`: reads, and changes of files inside the worktree, are
 * allowed, the rest is asked. `full`: everything is allowed but fetching from hosts that are not listed, which is asked. The
 * deny table stands before all three.
 */
export const PolicyMode = { plan: 'plan', acceptEdits: 'accept-edits', full: 'full' } as const;
export type PolicyMode = (typeof PolicyMode)[keyof typeof PolicyMode];

/**
 * One line of an agent's policy. What it names must all be true of an operation for the rule to match; a rule that names
 * nothing matches everything. The first rule that matches decides.
 */
export interface PolicyRule {
  effect: PolicyEffect;
  /** A glob over names of tools: `bash`, `mcp__github__*`. */
  tool?: string;
  /** A pattern over the words of one parsed command: `git push *`, `npm test`, `rm -rf *`. */
  command?: string;
  /** A glob over paths, absolute or relative to the worktree: `docs/**`, `/etc/**`. */
  path?: string;
  /** A host: `api.example.org`, `*.example.org`, `*`. */
  host?: string;
  /** The rule decides about this danger in place of the deny table, which nothing else can do. */
  danger?: DangerId;
  /** Told to the person and to the model when the rule decides. */
  reason?: string;
}

/** What an agent may do. */
export interface AgentPolicy {
  mode: PolicyMode;
  rules: readonly PolicyRule[];
  /** Hosts that may be fetched from and sent to, as in a rule's `host`. This machine's own loopback always is. */
  hosts: readonly string[];
  /** The agent does not start where its programs would be held by less than this. */
  requires?: Containment;
  /** A yes to anything that a run asks must come from somebody else than who submitted the run's goal. */
  notByRequester?: boolean;
}

/** Of an agent that was given none: it works without being asked, and the deny table holds. */
export const defaultPolicy: AgentPolicy = { mode: PolicyMode.full, rules: [], hosts: [] };
