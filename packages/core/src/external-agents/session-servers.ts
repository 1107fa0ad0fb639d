import type { AgentCapabilities, McpServer as SessionServer } from '@agentclientprotocol/sdk';
import { type McpServer, McpTransport } from '@fermata/contracts';

export interface SessionServers {
  /** Our own tools, over HTTP; null when the program has them already. */
  tools: { name: string; url: string; token: string } | null;
  /** Those of the agent's configuration. */
  mcpServers: readonly McpServer[];
}

/** The MCP servers of a session, as far as the agent can use them: every agent starts programs, not every one speaks HTTP. */
export function sessionServers({ tools, mcpServers }: SessionServers, can: AgentCapabilities): SessionServer[] {
  const takesHttp = can.mcpCapabilities?.http === true;
  return [...ownServer(tools), ...mcpServers]
    .filter(({ transport }) => transport === McpTransport.stdio || takesHttp)
    .map(sessionServer);
}

function ownServer(tools: SessionServers['tools']): McpServer[] {
  if (tools === null) return [];
  const { name, url, token } = tools;
  return [{ name, transport: 'http', url, headers: { Authorization: `Bearer ${token}` } }];
}

function sessionServer(server: McpServer): SessionServer {
  const { name } = server;
  if (server.transport === McpTransport.http)
    return { type: 'http', name, url: server.url, headers: listed(server.headers) };
  return { name, command: server.command, args: [...server.args], env: listed(server.env) };
}

function listed(values: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
