import { type Json, type JsonObject, McpTransport } from '@fermata/contracts';

/**
 * The MCP servers of a file: a list as we keep it, or `{ "mcpServers": { name: { command … } } }` as most programs write it. What
 * is wrong with them the API says.
 */
export function readMcpServers(json: Json): Json {
  const { mcpServers } = isObject(json) ? json : {};
  if (mcpServers === undefined || !isObject(mcpServers)) return json;
  return Object.entries(mcpServers).map(([name, server]) => (isObject(server) ? withTransport(name, server) : server));
}

/** Which transport it is, others say by `type`, or leave to be seen. */
function withTransport(name: string, { type, ...server }: JsonObject): JsonObject {
  const seen = 'url' in server ? McpTransport.http : McpTransport.stdio;
  const said = type === 'streamable-http' || type === 'streamableHttp' ? McpTransport.http : type;
  return { name, transport: said ?? seen, ...server };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
