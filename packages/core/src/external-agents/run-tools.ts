import { type AgentRunKind, type Json, spawnTaskTool } from '@fermata/contracts';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { checkCall, type Tool, toolsFor } from '../tools/index.js';

/** The name under which agents see our tools. */
export const runToolsName = 'fermata';

/** Where the gateway, at this base URL, serves them to the holder of a run's token. */
export const runToolsUrl = (gatewayUrl: string): string => `${gatewayUrl}/mcp`;

/** What an agent that is not ours may ask of us, each answered with a text for it. */
export interface RunTools {
  /** The arguments are as the schema wants them. */
  finish(input: Json): Promise<ToolAnswer>;
  askHuman(question: string): Promise<ToolAnswer>;
}

export interface ToolAnswer {
  text: string;
  isError: boolean;
}

/**
 * Our own tools as a server of the Model Context Protocol over HTTP: how an agent hands in its result, and asks a person.
 * The same tools, with the same arguments, that our own loop gives to models.
 */
export function createRunToolsServer(kind: AgentRunKind, tools: RunTools): (request: Request) => Promise<Response> {
  const offered = offeredTo(kind);
  const handler = createMcpHandler(() => {
    const server = new Server({ name: runToolsName, version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({
      tools: offered.map(({ schema: { name, description, inputSchema } }) => ({
        ...{ name, description },
        inputSchema: { ...inputSchema, type: 'object' as const },
      })),
    }));
    server.setRequestHandler('tools/call', async ({ params }) => {
      const answer = await answerCall(kind, tools, { name: params.name, input: (params.arguments ?? {}) as Json });
      return { content: [{ type: 'text' as const, text: answer.text }], isError: answer.isError };
    });
    return server;
  });
  return (request) => handler.fetch(request);
}

/** An agent that is a program has subtasks of its own, if any: nobody here could follow one while its stretch lasts. */
const offeredTo = (kind: AgentRunKind): readonly Tool[] =>
  toolsFor(kind).filter((tool) => tool.class === 'control' && tool.name !== spawnTaskTool);

async function answerCall(
  kind: AgentRunKind,
  tools: RunTools,
  call: { name: string; input: Json },
): Promise<ToolAnswer> {
  const offered = offeredTo(kind).map((tool) => tool.name);
  if (!offered.includes(call.name))
    return { text: `There is no such tool here. There are: ${offered.join(', ')}.`, isError: true };
  const checked = checkCall({ kind, ...call });
  if (!checked.ok) return { text: checked.outcome.text, isError: true };
  if (call.name === 'finish') return tools.finish(checked.input as Json);
  const { question, options } = checked.input as { question: string; options?: string[] };
  return tools.askHuman(options ? `${question}\n${options.map((option) => `- ${option}`).join('\n')}` : question);
}
