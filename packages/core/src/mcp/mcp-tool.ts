import type { CallToolResult } from '@modelcontextprotocol/client';
import { type Json, type JsonObject, type McpTool, ToolClass } from '@fermata/contracts';
import { asData } from '../agents/index.js';
import { failed, type InputCheck, succeeded, type Tool, type ToolContext, type ToolOutcome } from '../tools/tool.js';
import { describeResult } from './describe-result.js';

/** Makes the call at the server; what it throws is told to the model. */
export type CallServer = (tool: McpTool, input: JsonObject, context: ToolContext) => Promise<CallToolResult>;

/**
 * A tool of a server among our own. Always `unsafe`: what a server says of its tools (that they only read, that they may be
 * repeated) is the word of a stranger, and a call that may have happened is not repeated on it.
 */
export function mcpTool(tool: McpTool, call: CallServer): Tool {
  const { name, server, description, inputSchema } = tool;
  const words = `A tool of the MCP server ${server}. It says of it:\n${asData('words of an MCP server', description)}`;
  return {
    name,
    class: ToolClass.unsafe,
    schema: { name, description: words, inputSchema },
    check,
    run: async (input, context) => outcomeOf(await call(tool, inputOf(input), context)),
  };
}

/** Which arguments it takes, the server says itself. */
function check(input: Json): InputCheck {
  const isObject = input === null || (typeof input === 'object' && !Array.isArray(input));
  return isObject ? { ok: true, value: inputOf(input) } : { ok: false, problems: ['the arguments: must be an object'] };
}

function inputOf(input: Json): JsonObject {
  return (input ?? {}) as JsonObject;
}

function outcomeOf(result: CallToolResult): ToolOutcome {
  const marked = asData('answer of an MCP server', describeResult(result));
  const extra = { mayHaveChangedFiles: true };
  return result.isError === true ? failed('tool_failed', marked, extra) : succeeded(marked, extra);
}
