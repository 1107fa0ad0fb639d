import {
  type AgentRunEnd,
  type AgentRunState,
  type Containment,
  EventType,
  type Failure,
  DomainError,
} from '@fermata/contracts';
import type { Database } from '../client.js';
import type { AgentRun } from '../generated/client.js';
import { retryWhenLost } from '../in-transaction.js';
import type { PreparedStatement } from '../prepared-statement.js';
import type { AgentRecord } from '../repositories/agent.repository.js';
import { storable } from '../storable.js';
import { atWork, waitingOn } from './waiting.repository.js';

/** What it takes to begin a run, with what its agent says now. */
export interface AgentRunToBegin extends Pick<
  AgentRun,
  'id' | 'kind' | 'runtime' | 'host' | 'maxSteps' | 'maxWorkMs' | 'mcpOfferDigest'
> {
  hasEnded: boolean;
  /** Of its recorded steps; -1 before the first. */
  lastIndex: number;
  agent: Pick<AgentRecord, 'name' | 'policy' | 'launch' | 'mcpServers'>;
}

/** How a run stands. */
export interface AgentRunStanding {
  state: AgentRunState;
  failure: Failure | null;
}

/** Functions of prisma/migrations/20261128000000_agent_run_frame, and what is read for them. */
const statements = {
  toBegin: {
    name: 'agent_run_to_begin',
    text: `SELECT "run"."id", "run"."kind", "run"."runtime", "run"."host", "run"."max_steps" AS "maxSteps",
      "run"."max_work_ms" AS "maxWorkMs", "run"."mcp_offer_digest" AS "mcpOfferDigest", "run"."ended_at" IS NOT NULL AS "hasEnded",
      coalesce((SELECT max("index") FROM "agent_step" WHERE "workspace_id" = $1 AND "agent_run_id" = $2), -1) AS "lastIndex",
      jsonb_build_object('name', "agent"."name", 'policy', "agent"."policy", 'launch', "agent"."launch",
        'mcpServers', "agent"."mcp_servers") AS "agent"
      FROM "agent_run" AS "run" JOIN "agent" ON "agent"."id" = "run"."agent_id" AND "agent"."workspace_id" = $1
      WHERE "run"."workspace_id" = $1 AND "run"."id" = $2`,
  },
  begin: { name: 'begin_agent_run', text: 'SELECT begin_agent_run($1, $2, $3, $4::jsonb, $5) AS "answer"' },
  end: { name: 'end_agent_run', text: 'SELECT end_agent_run($1, $2, $3, $4::jsonb, $5) AS "answer"' },
} as const satisfies Record<string, PreparedStatement>;

/** What begins and ends every agent run: a statement each, as prompts of one answer are little else. */
export function createAgentRunFrame(database: Database, workspaceId: string) {
  async function ask<T>(statement: PreparedStatement, values: readonly unknown[]): Promise<T | null> {
    const rows = await retryWhenLost(() => database.ask<{ answer: T | null }>(statement, [workspaceId, ...values]));
    return rows[0]?.answer ?? null;
  }

  return {
    /** @throws DomainError `not_found` */
    async toBegin(id: string): Promise<AgentRunToBegin> {
      const [run] = await database.ask<AgentRunToBegin>(statements.toBegin, [workspaceId, id]);
      if (!run) throw new DomainError('not_found', `There is no agent run ${id}.`, { id });
      return run;
    },

    /** Starts a queued run, and says how it stands: one that has begun or ended is left as it is. */
    async begin(id: string, { containment }: { containment: Containment | null }): Promise<AgentRunStanding> {
      const waiting = JSON.stringify(waitingOn(atWork('The agent is at work.')));
      const values = [id, containment, waiting, EventType.agentRunStateChanged];
      const standing = await ask<AgentRunStanding>(statements.begin, values);
      if (standing === null) throw new DomainError('internal', `The agent run ${id} could not be begun.`, { id });
      return standing;
    },

    /** Ends a run that leaves nothing open, and says how it has ended, now or before. Null: it leaves something open. */
    endPlainly(id: string, { state, failure }: AgentRunEnd): Promise<AgentRunEnd | null> {
      const stored = failure === null ? null : JSON.stringify(storable(failure));
      return ask<AgentRunEnd>(statements.end, [id, state, stored, EventType.agentRunStateChanged]);
    },
  };
}
