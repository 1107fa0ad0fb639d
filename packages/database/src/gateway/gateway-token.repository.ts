import type { Database } from '../client.js';
import type { PreparedStatement } from '../prepared-statement.js';

/** Whose token it is. */
export interface TokenBearer {
  workspaceId: string;
  agentRunId: string;
  agentId: string;
  okrRunId: string;
  taskId: string | null;
  /** The model of the run. */
  model: string;
  kind: string;
  /** Why that model, and what is left to decide at each call; as they are stored, null without. */
  modelChoice: unknown;
  modelPolicy: unknown;
}

const bearer: PreparedStatement = {
  name: 'gateway_token_bearer',
  text: `SELECT "run"."workspace_id" AS "workspaceId", "run"."id" AS "agentRunId", "run"."agent_id" AS "agentId", "run"."okr_run_id" AS "okrRunId",
    "run"."task_id" AS "taskId", "run"."model", "run"."kind", "run"."model_choice" AS "modelChoice", "run"."model_policy" AS "modelPolicy" FROM "gateway_token" AS "token"
    JOIN "agent_run" AS "run" ON "run"."id" = "token"."agent_run_id" AND "run"."workspace_id" = "token"."workspace_id"
    WHERE "token"."hash" = $1 AND "token"."ended_at" IS NULL AND "run"."state" IN ('running', 'waiting')`,
};

export type GatewayTokenRepository = ReturnType<typeof createGatewayTokenRepository>;

/** The tokens with which agents that are not ours come to the model gateway. Whose one is, the token itself decides. */
export function createGatewayTokenRepository(database: Database) {
  return {
    /** Null for a token that is unknown, has ended, or whose run is not under way. */
    async bearerOf(hash: string): Promise<TokenBearer | null> {
      const [row] = await database.ask<TokenBearer>(bearer, [hash]);
      return row ?? null;
    },

    /** From now on this token is the run's only one: what an earlier attempt left behind can ask nothing any more. */
    async replace(token: { hash: string; workspaceId: string; agentRunId: string }): Promise<void> {
      const { workspaceId, agentRunId } = token;
      await database.$transaction([
        database.gatewayToken.updateMany({
          where: { workspaceId, agentRunId, endedAt: null },
          data: { endedAt: new Date() },
        }),
        database.gatewayToken.create({ data: { ...token, issuedAt: new Date() } }),
      ]);
    },

    /** Harmless when it has ended. */
    async end({ hash, workspaceId }: { hash: string; workspaceId: string }): Promise<void> {
      const where = { hash, workspaceId, endedAt: null };
      await database.gatewayToken.updateMany({ where, data: { endedAt: new Date() } });
    },
  };
}
