import {
  type AgentPolicy,
  mcpToolPrefix,
  type Operation,
  type OperationPlace,
  type PolicyDecision,
  PolicyEffect,
  PolicyMode,
} from '@fermata/contracts';
import { finding } from './dangers/danger-check.js';
import { isListed, isMetadataHost } from './dangers/exfiltration.js';
import { judgeCommandLine } from './judge-command-line.js';
import { judgePath } from './judge-path.js';
import { judgeSubject, type Verdict } from './judge-subject.js';
import { type ReadPolicy, readPolicy } from './read-policy.js';
import { resolvePath } from './shell/paths.js';

export interface PolicyEngine {
  /**
   * Whether an operation is allowed, asked or denied. Looks at nothing but its arguments: no disk, no clock, no network.
   * @throws DomainError `invalid_input` when a rule of the policy cannot be read
   */
  decide(policy: AgentPolicy, operation: Operation, place: OperationPlace): PolicyDecision;
}

/** Decides about operations. Patterns of a policy are read once for each policy object. */
export function createPolicyEngine(): PolicyEngine {
  const known = new WeakMap<AgentPolicy, ReadPolicy>();
  return {
    decide(policy, operation, place) {
      const read = known.get(policy) ?? readPolicy(policy);
      known.set(policy, read);
      if (operation.kind === 'command') return judgeCommandLine(read, operation, place);
      return { ...judgeOther(read, operation, place), commands: [] };
    },
  };
}

function judgeOther(
  read: ReadPolicy,
  operation: Exclude<Operation, { kind: 'command' }>,
  place: OperationPlace,
): Verdict {
  switch (operation.kind) {
    case 'read':
    case 'write':
      return judgePath({ ...operation, path: resolvePath(place.worktree, operation.path) }, { read, place });
    case 'fetch':
      return judgeFetch(read, operation, place);
    case 'call':
      return judgeCall(read, operation.tool, place);
  }
}

function judgeFetch(
  read: ReadPolicy,
  { tool, host }: { tool: string; host: string },
  { worktree }: OperationPlace,
): Verdict {
  const { mode, hosts } = read.policy;
  // No mode opens the web: what is fetched from can be told something by the address alone.
  const isOpen = isListed(host, hosts);
  return judgeSubject({
    read,
    subject: { tool, worktree, host },
    found: isMetadataHost(host) ? finding('credential-read', host) : [],
    shown: `\`${tool}\` of ${host}`,
    byMode: () => ({
      effect: isOpen ? PolicyEffect.allow : PolicyEffect.ask,
      rule: `mode: ${mode}`,
      reason: isOpen ? `The policy lets this agent fetch from ${host}.` : `The policy does not list the host ${host}.`,
      dangers: [],
    }),
  });
}

function judgeCall(read: ReadPolicy, tool: string, { worktree }: OperationPlace): Verdict {
  return judgeSubject({
    read,
    subject: { tool, worktree },
    found: [],
    shown: `\`${tool}\``,
    byMode: () => callByMode(read.policy.mode, tool),
  });
}

/** What an MCP server does nobody sees, whatever it says of its tools: an agent that only looks needs a rule for them. */
function callByMode(mode: PolicyMode, tool: string): Verdict {
  const verdict = (effect: PolicyEffect, reason: string): Verdict => ({
    ...{ effect, reason },
    ...{ rule: `mode: ${mode}`, dangers: [] },
  });
  if (mode === PolicyMode.full)
    return verdict(PolicyEffect.allow, `This agent may do everything that is not denied, and so \`${tool}\`.`);
  if (mode === PolicyMode.plan && tool.startsWith(mcpToolPrefix))
    return verdict(PolicyEffect.deny, `\`${tool}\` may change something, and this agent only looks.`);
  return verdict(PolicyEffect.ask, `No rule of the agent's policy speaks of the tool \`${tool}\`.`);
}
