import type { JsonObject } from '../json.js';

/** How a server of the Model Context Protocol is reached. */
export const McpTransport = { stdio: 'stdio', http: 'http' } as const;
export type McpTransport = (typeof McpTransport)[keyof typeof McpTransport];

/** A program that speaks the protocol on its standard streams. */
export interface McpStdioServer {
  /** Unique in the agent: the middle of the names of its tools. */
  name: string;
  transport: 'stdio';
  command: string;
  args: readonly string[];
  /** Besides the scrubbed environment. */
  env: Readonly<Record<string, string>>;
}

/** A server that speaks the protocol over HTTP ("streamable HTTP"). */
export interface McpHttpServer {
  name: string;
  transport: 'http';
  url: string;
  headers: Readonly<Record<string, string>>;
}

/** A server whose tools an agent may use. */
export type McpServer = McpStdioServer | McpHttpServer;

/** Of one agent. */
export const maxMcpServers = 16;

/** What the names of all tools of such servers begin with, as the model and policies know them: `mcp__server__tool`. */
export const mcpToolPrefix = 'mcp__';

/** A tool of a server, as it is offered to the model. */
export interface McpTool {
  /** `mcp__server__tool`, within what providers allow. */
  name: string;
  server: string;
  /** What the server calls it. */
  tool: string;
  /** The server's own words, cut. Untrusted. */
  description: string;
  /** JSON Schema of an object. Untrusted, but one that providers take. */
  inputSchema: JsonObject;
}

/** A server that offers nothing in a run, and why. */
export interface McpServerFailure {
  server: string;
  reason: string;
}

/** What an agent run was offered at its beginning; it stays so while the run lasts. */
export interface McpOffer {
  tools: readonly McpTool[];
  failures: readonly McpServerFailure[];
  /** What was left out besides, in sentences. */
  notes: readonly string[];
}
