import { type McpOffer, type McpServer, type McpServerFailure, McpTransport } from '@fermata/contracts';
import { findServerProgram, hostRefusal, missingProgram } from './open-server.js';
import type { Segment } from '../external-agents/segment.js';
import { mayUseServers } from './mcp-policy.js';

/** What an agent that is a program is given to start and ask by itself. */
export interface ServersForProgram {
  servers: McpServer[];
  /** Folders that must be shown in its sandbox for their programs to run. */
  readable: string[];
}

type Looked = { server: McpServer; readable: string[] } | { failure: McpServerFailure };

/** The servers of the agent that it can have here. Those that it cannot, subscribers are told of, once in a run. */
export async function serversForProgram(segment: Segment): Promise<ServersForProgram> {
  const { agent, run } = segment;
  if (!mayUseServers(agent.policy, run.kind)) return { servers: [], readable: [] };
  const looked = await Promise.all(agent.mcpServers.map((server) => lookAt(segment, server)));
  await tellOf(
    segment,
    looked.flatMap((one) => ('failure' in one ? one.failure : [])),
  );
  const usable = looked.filter((one) => 'server' in one);
  return { servers: usable.map(({ server }) => server), readable: usable.flatMap(({ readable }) => readable) };
}

async function tellOf({ workspace, run }: Segment, failures: readonly McpServerFailure[]): Promise<void> {
  if (failures.length === 0 || run.mcpOfferDigest !== null) return;
  const offer: McpOffer = { tools: [], failures, notes: [] };
  const digest = await workspace.blobs.put(JSON.stringify(offer), 'application/json');
  await workspace.agentRuns.recordMcpOffer(run.id, { digest, failures });
}

async function lookAt({ deps, agent, run }: Segment, server: McpServer): Promise<Looked> {
  const failed = (reason: string): Looked => ({ failure: { server: server.name, reason } });
  if (server.transport === McpTransport.http) {
    const reason = hostRefusal({ deps, run, policy: agent.policy }, server);
    return reason === null ? { server, readable: [] } : failed(reason);
  }
  const found = await findServerProgram(deps, server);
  if (found === null) return failed(missingProgram(server));
  return { server: { ...server, command: found.path }, readable: [found.root ?? found.path] };
}
