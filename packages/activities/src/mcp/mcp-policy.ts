import {
  type AgentPolicy,
  AgentRunKind,
  mcpToolPrefix,
  type Operation,
  PolicyEffect,
  PolicyMode,
  type PolicyRule,
} from '@fermata/contracts';

/**
 * The policy by which an operation is judged in a run of that kind. Who plans or reviews changes nothing (that is what its other
 * tools are chosen for), and nobody sees what a tool of an MCP server does: there, it is as in mode plan, and needs a rule.
 */
export function policyInRun(policy: AgentPolicy, kind: string, operation: Operation): AgentPolicy {
  const isServerTool = operation.kind === 'call' && operation.tool.startsWith(mcpToolPrefix);
  return isServerTool && onlyLooks(kind) ? { ...policy, mode: PolicyMode.plan } : policy;
}

/** False where every tool of a server would be refused: then none is started. */
export function mayUseServers(policy: AgentPolicy, kind: string): boolean {
  if (policy.mode !== PolicyMode.plan && !onlyLooks(kind)) return true;
  return policy.rules.some(mayAllowServerTool);
}

export function onlyLooks(kind: string): boolean {
  return kind === AgentRunKind.plan || kind === AgentRunKind.review;
}

function mayAllowServerTool({ effect, tool, command, path, host, danger }: PolicyRule): boolean {
  const isOfOthers = [command, path, host, danger].some((part) => part !== undefined);
  const mayFit = tool === undefined || tool.startsWith(mcpToolPrefix) || tool.includes('*');
  return effect !== PolicyEffect.deny && mayFit && !isOfOthers;
}
