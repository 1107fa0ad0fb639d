import Anthropic from '@anthropic-ai/sdk';
import { type CallPolicy, ownModel } from '@fermata/contracts';
import { mintGatewayToken } from '@fermata/core/gateway';
import { createAgentRunRepository, createGatewayTokenRepository } from '@fermata/database';
import type { ActivityWorld } from './activity-world.js';

/** A run of an agent that is a program, begun in a world, with what the program asks models by. */
export async function programAtWork(world: ActivityWorld, modelPolicy: CallPolicy | null = null) {
  const { database, workspaceId, okrRunId } = world;
  const { id: agentId } = await database.agent.findFirstOrThrow({ where: { workspaceId } });
  const runs = createAgentRunRepository(database, workspaceId);
  const { id: agentRunId } = await runs.queue({
    ...{ key: okrRunId, okrRunId, agentId, kind: 'work', round: 0, attempt: 1, runtime: 'acp' },
    ...{ host: 'host1', worktreeId: 'wt', systemDigest: 's', briefDigest: 'b' },
    ...{ model: 'scripted', maxSteps: 40, maxWorkMs: 3_600_000, maxOutputTokens: 1_000 },
    ...(modelPolicy && { modelPolicy, modelChoice: ownModel('scripted') }),
  });
  await runs.begin(agentRunId, { containment: null });
  const token = await issueToken(world, agentRunId);
  return { runs, agentRunId, token, client: clientWith(world, token) };
}

export async function issueToken({ database, workspaceId }: ActivityWorld, agentRunId: string): Promise<string> {
  const { token, hash } = mintGatewayToken();
  await createGatewayTokenRepository(database).replace({ hash, workspaceId, agentRunId });
  return token;
}

export const clientWith = ({ deps }: ActivityWorld, apiKey: string) =>
  new Anthropic({ apiKey, authToken: null, baseURL: deps.gateway.url, maxRetries: 0 });
