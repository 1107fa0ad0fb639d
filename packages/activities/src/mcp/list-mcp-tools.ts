import {
  type AgentRunId,
  AgentRuntime,
  type McpOffer,
  type McpServer,
  type McpServerFailure,
  McpTransport,
  PolicyEffect,
  toFailure,
} from '@fermata/contracts';
import { offerTools, secretsOf, type ServerListing } from '@fermata/core/mcp';
import type { AgentRecord } from '@fermata/database';
import { assertContained } from '../agent-runs/assert-contained.js';
import { refuseEnded } from '../agent-runs/ended-run.js';
import { standingWorktree, worktreeIdOf, worktreeOf } from '../agent-runs/run-worktree.js';
import type { ActivityDeps } from '../deps.js';
import { whileBeating } from '../runtime/while-beating.js';
import { openWorkspace } from '../workspace.js';
import { mayUseServers, policyInRun } from './mcp-policy.js';
import { openServer, type ServerRun } from './open-server.js';

const listTimeoutMs = 30_000;

/** Whether a run has yet to be offered tools of servers. Agents that are programs start their servers themselves. */
export function hasServersToAsk(
  { runtime, kind, mcpOfferDigest }: { runtime: string; kind: string; mcpOfferDigest: string | null },
  { mcpServers, policy }: Pick<AgentRecord, 'mcpServers' | 'policy'>,
): boolean {
  const isOurs = runtime === AgentRuntime.api;
  return isOurs && mcpServers.length > 0 && mcpOfferDigest === null && mayUseServers(policy, kind);
}

/** Asks the agent's servers, once in a run, what they offer. One that does not answer is told of, and the run goes on without. */
export async function listMcpTools(deps: ActivityDeps, { agentRunId }: { agentRunId: AgentRunId }): Promise<void> {
  const workspace = await openWorkspace(deps, 'agentRun', agentRunId);
  const run = await workspace.agentRuns.atTurn(agentRunId);
  if (run.mcpOfferDigest !== null) return;
  refuseEnded(run);
  const { mcpServers, policy } = await workspace.agents.get(run.agentId);
  const { containment } = deps.sandboxes;
  assertContained(policy, containment);
  await deps.checkpoints.settled(worktreeIdOf(run));
  await standingWorktree({ deps, workspace, run });
  if (mcpServers.some(({ transport }) => transport === McpTransport.stdio))
    await workspace.agentRuns.recordContainment(run.id, containment);
  const at = { deps, run, policy };
  const answers = await whileBeating(({ signal }) =>
    Promise.all(mcpServers.map((server) => listingOf(at, server, signal))),
  );
  const offer = offerIn(at, answers);
  const digest = await workspace.blobs.put(JSON.stringify(offer), 'application/json');
  await workspace.agentRuns.recordMcpOffer(run.id, { digest, failures: offer.failures });
}

type Answer = ServerListing | McpServerFailure;

async function listingOf(at: ServerRun, server: McpServer, signal: AbortSignal): Promise<Answer> {
  const { deps, run } = at;
  const { name } = server;
  try {
    const tools = await deps.mcpSessions.use(
      { agentRunId: run.id, server: name },
      {
        open: () => openServer(at, server, signal),
        work: (session) => session.listTools({ signal, timeoutMs: listTimeoutMs }),
      },
    );
    return { server: name, tools, secrets: secretsOf(server) };
  } catch (error) {
    signal.throwIfAborted();
    return { server: name, reason: toFailure(error).message };
  }
}

function offerIn({ deps, run, policy }: ServerRun, answers: readonly Answer[]): McpOffer {
  const listings = answers.filter((answer) => 'tools' in answer);
  const failures = answers.filter((answer) => 'reason' in answer);
  const place = { worktree: worktreeOf(deps, run), home: deps.home };
  const isAllowed = (tool: string): boolean => {
    const operation = { kind: 'call', tool } as const;
    return deps.policy.decide(policyInRun(policy, run.kind, operation), operation, place).effect !== PolicyEffect.deny;
  };
  return { ...offerTools(listings, isAllowed), failures };
}
