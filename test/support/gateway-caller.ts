import { randomUUID } from 'node:crypto';
import { budgetSubjectIds } from '@fermata/contracts';
import { hashGatewayToken } from '@fermata/core/gateway';
import { createGatewayCallRepository, type Database, newId } from '@fermata/database';
import { createActivityWorld } from './activity-world.js';
import { programAtWork } from './program-at-work.js';

export const likely = { inputTokens: 10, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** A run of a program in a workspace of its own, and what books the calls that it makes: 100 are held for each, and 7 spent. */
export async function gatewayCaller(database: Database) {
  const world = await createActivityWorld(database, { script: () => ({ text: 'Yes.' }), budgetMicros: 10_000_000 });
  const { agentRunId, token, runs } = await programAtWork(world);
  const run = await database.agentRun.findUniqueOrThrow({ where: { id: agentRunId } });
  const { workspaceId, okrRunId, taskId, agentId } = run;
  const bearer = { tokenHash: hashGatewayToken(token), workspaceId, agentRunId, okrRunId, taskId };
  const budgets = budgetSubjectIds({ ...bearer, agentId });
  const calls = createGatewayCallRepository(database);
  const upstream = { provider: 'anthropic', host: 'models.test', model: 'scripted' } as const;
  const choice = { model: 'scripted', rule: 'agent', reason: 'It is the model of the agent.' } as const;

  const begin = async (callId: string, subjectIds: readonly string[] = budgets) => {
    const asked = { callId, model: 'scripted', subjectIds, micros: 100, likely, upstream, choice };
    const begun = await calls.begin(bearer, asked);
    if (begun.outcome !== 'held') throw new Error(`The call is not held: ${begun.outcome}.`);
    return begun.stepId;
  };
  /** @param as bearer of another run or workspace than its own */
  const end = (callId: string, stepId?: string, as: Partial<typeof bearer> = {}) => {
    const cost = { model: 'scripted', usage: likely, costMicros: 7 };
    const ended = { callId, name: 'scripted', state: 'succeeded', cost } as const;
    return calls.end({ ...bearer, ...as }, { ...ended, ...(stepId !== undefined && { stepId }) });
  };
  const call = async (): Promise<void> => {
    const callId = randomUUID();
    if (!(await end(callId, await begin(callId)))) throw new Error('The call is not booked.');
  };
  return { runs, bearer, calls, begin, end, call };
}

/** Another run of the same task, under way like the one that it is copied from. */
export async function copyOfRun(database: Database, agentRunId: string): Promise<string> {
  const id = newId('run');
  await database.$executeRaw`
    INSERT INTO "agent_run" SELECT ("copy").* FROM (
      SELECT jsonb_populate_record("run", jsonb_build_object('id', ${id}::text, 'key', ${id}::text)) AS "copy"
      FROM "agent_run" AS "run" WHERE "id" = ${agentRunId}
    ) AS "copied"`;
  return id;
}
