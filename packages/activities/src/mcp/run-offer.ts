import { DomainError, type McpOffer } from '@fermata/contracts';
import { type CallServer, mcpTool } from '@fermata/core/mcp';
import type { Tool } from '@fermata/core/tools';
import type { AgentRunRow } from '../agent-runs/conversation.js';
import type { ActivityDeps } from '../deps.js';
import { whileBeating } from '../runtime/while-beating.js';
import type { Workspace } from '../workspace.js';
import { openServer } from './open-server.js';

const callTimeoutMs = 120_000;
const nothing: McpOffer = { tools: [], failures: [], notes: [] };

/** What the run's MCP servers offered at its beginning. */
export async function offerOf({ blobs }: Workspace, { mcpOfferDigest }: AgentRunRow): Promise<McpOffer> {
  return mcpOfferDigest === null ? nothing : (JSON.parse(await blobs.get(mcpOfferDigest)) as McpOffer);
}

/** The same as tools that can be looked at and not run: where a model is asked, no server is. */
export function offeredTools({ tools }: McpOffer): Tool[] {
  return tools.map((tool) => mcpTool(tool, notHere));
}

const notHere: CallServer = ({ name }) => {
  throw new DomainError('internal', `${name} is run on the host of its worktree.`);
};

/** The same as tools that can be run, on the host of the run's worktree. */
export async function runnableTools(deps: ActivityDeps, workspace: Workspace, run: AgentRunRow): Promise<Tool[]> {
  const { tools } = await offerOf(workspace, run);
  const call: CallServer = async ({ server: name, tool }, input, { signal }) => {
    const { mcpServers, policy } = await workspace.agents.get(run.agentId);
    const server = mcpServers.find((one) => one.name === name);
    if (server === undefined) throw gone(name);
    const open = () => openServer({ deps, run, policy }, server, signal);
    return whileBeating(() =>
      deps.mcpSessions.use(
        { agentRunId: run.id, server: name },
        { open, work: (session) => session.callTool({ tool, input }, { signal, timeoutMs: callTimeoutMs }) },
      ),
    );
  };
  return tools.map((tool) => mcpTool(tool, call));
}

function gone(server: string): DomainError {
  return new DomainError('tool_failed', `The MCP server ${server} was taken from this agent. Go on without it.`, {
    server,
  });
}
