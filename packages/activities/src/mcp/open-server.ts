import {
  type AgentPolicy,
  DomainError,
  type McpHttpServer,
  type McpServer,
  type McpStdioServer,
  McpTransport,
  mcpToolPrefix,
  PolicyEffect,
  SandboxPurpose,
} from '@fermata/contracts';
import { findProgram, type FoundProgram } from '@fermata/core/external-agents';
import { type AskOptions, httpTransport, McpSession, secretsOf, StdioTransport } from '@fermata/core/mcp';
import type { AgentRunRow } from '../agent-runs/conversation.js';
import { worktreeIdOf, worktreeOf } from '../agent-runs/run-worktree.js';
import type { ActivityDeps } from '../deps.js';
import { onlyLooks } from './mcp-policy.js';

/** Whose server it is. */
export interface ServerRun {
  deps: ActivityDeps;
  run: AgentRunRow;
  policy: AgentPolicy;
}

/** Programs may have to be fetched or compiled before they answer. */
const openTimeoutMs = 60_000;

/**
 * Opens a server for a run.
 * @throws DomainError naming the server, why it cannot be had, and the way out
 */
export function openServer(at: ServerRun, server: McpServer, signal: AbortSignal): Promise<McpSession> {
  const options = { signal, timeoutMs: openTimeoutMs };
  return server.transport === McpTransport.http ? openHttp(at, server, options) : openStdio(at, server, options);
}

/** @returns why not; null when the policy lets the run reach the server's host */
export function hostRefusal({ deps, run, policy }: ServerRun, { name, url }: McpHttpServer): string | null {
  const { host } = new URL(url);
  const operation = { kind: 'fetch', tool: `${mcpToolPrefix}${name}`, host } as const;
  const { effect, reason } = deps.policy.decide(policy, operation, {
    worktree: worktreeOf(deps, run),
    home: deps.home,
  });
  if (effect === PolicyEffect.allow) return null;
  return `The MCP server ${name} is at ${host}, which this agent may not reach: ${reason} Add the host to \`hosts\` of its policy.`;
}

async function openHttp(at: ServerRun, server: McpHttpServer, options: AskOptions): Promise<McpSession> {
  const refusal = hostRefusal(at, server);
  if (refusal !== null) throw new DomainError('tool_failed', refusal, { server: server.name });
  const { name } = server;
  return McpSession.open({ name, transport: httpTransport(server), secrets: secretsOf(server) }, options);
}

/** Its program runs where commands of the agent run, for as long as the session lasts. */
async function openStdio(at: ServerRun, server: McpStdioServer, options: AskOptions): Promise<McpSession> {
  const { deps, run, policy } = at;
  const found = await findServerProgram(deps, server);
  if (found === null) throw new DomainError('missing_program', missingProgram(server), { server: server.name });
  const { path: command, root } = found;
  const order = {
    ...{ worktreeId: worktreeIdOf(run), purpose: SandboxPurpose.work, readable: [root ?? command] },
    ...{ readOnly: onlyLooks(run.kind), hosts: policy.hosts },
  };
  return new Promise((resolve, reject) => {
    const held = deps.sandboxes.within(order, async (place) => {
      const { name, args } = server;
      const env = { ...place.env, ...server.env };
      const transport = new StdioTransport({ ...place, command, args, env, cwd: worktreeOf(deps, run) });
      const session = await McpSession.open({ name, transport, secrets: secretsOf(server) }, options);
      resolve(session);
      await session.ended;
    });
    // Once it is open, who uses it is told of its end by the session itself.
    held.catch(reject);
  });
}

export function findServerProgram(
  { sandboxes }: ActivityDeps,
  { command }: McpStdioServer,
): Promise<FoundProgram | null> {
  return findProgram(command, { agentsDirs: [], path: sandboxes.outside.env['PATH'] ?? '' });
}

export function missingProgram({ name, command }: McpStdioServer): string {
  return `The MCP server ${name} needs the program ${command}, which is not here: install it on this host, or give its absolute path.`;
}
