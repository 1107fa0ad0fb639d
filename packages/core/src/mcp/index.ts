export { secretsOf } from './conceal-values.js';
export { httpTransport } from './http-transport.js';
export { type AskOptions, McpSession } from './mcp-session.js';
export { McpSessions } from './mcp-sessions.js';
export { type CallServer, mcpTool } from './mcp-tool.js';
export { offerPrompt } from './offer-prompt.js';
export { offerTools, type ServerListing } from './offer-tools.js';
export { StdioTransport } from './stdio-transport.js';
