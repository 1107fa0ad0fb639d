import {
  DomainError,
  EventType,
  type Failure,
  IdPrefix,
  type ModelUnavailable,
  StepState,
  type Usage,
} from '@fermata/contracts';
import { type BudgetRefusal, type HoldOutcome, holdOf, reservationResult } from '../budgets/reservations.js';
import type { Database } from '../client.js';
import { retryWhenLost } from '../in-transaction.js';
import { newId } from '../new-id.js';
import { type Unavailable, unavailableOf } from '../models/model-health.repository.js';
import type { PreparedStatement } from '../prepared-statement.js';
import { toBlob } from '../repositories/blob.repository.js';
import { storable } from '../storable.js';
import { type ModelCallPlace, placeOf } from '../work/model-call-place.js';
import type { StepCost, StepOutput } from '../work/step.repository.js';
import type { TokenBearer } from './gateway-token.repository.js';

/** The functions of prisma/migrations, as `_lookups` and `_lean_calls` have them; and what a routed call is chosen by. */
const statements = {
  begin: {
    name: 'begin_token_call',
    text: 'SELECT begin_token_call($1, $2, $3::jsonb, $4::jsonb, $5::jsonb, $6::jsonb) AS "answer"',
  },
  end: { name: 'end_gateway_call', text: 'SELECT end_gateway_call($1, $2::jsonb, $3, $4::jsonb) AS "answer"' },
  soFar: {
    name: 'gateway_run_so_far',
    text: `SELECT
      (SELECT max(CASE WHEN "limit_micros" = 0 THEN 100 ELSE 100.0 * "spent_micros" / "limit_micros" END)::float8
        FROM budget_limits($1, ARRAY(SELECT "id" FROM "budget" WHERE "workspace_id" = $1 AND "subject_id" = ANY($3::text[])), clock_timestamp())
        WHERE "limit_micros" IS NOT NULL) AS "budgetPercent",
      "last"."name" AS "lastModel", coalesce("last"."model_choice"->'refused', '[]') AS "refused",
      ARRAY(SELECT DISTINCT "name" FROM "agent_step"
        WHERE "workspace_id" = $1 AND "agent_run_id" = $2 AND "kind" = 'model' AND "state" = 'succeeded') AS "models"
      FROM (SELECT) AS "one" LEFT JOIN LATERAL (SELECT "name", "model_choice" FROM "agent_step"
        WHERE "workspace_id" = $1 AND "agent_run_id" = $2 AND "kind" = 'model' AND "state" = 'succeeded'
        ORDER BY "index" DESC LIMIT 1) AS "last" ON TRUE`,
  },
} as const satisfies Record<string, PreparedStatement>;

export type CallBearer = Pick<TokenBearer, 'workspaceId' | 'agentRunId' | 'okrRunId' | 'taskId'>;

/** With the hash of the token that the call came with. */
export type TokenCallBearer = CallBearer & { tokenHash: string };

/** What a call of a run is routed by. */
export interface RunSoFar {
  /** See `percentSpent` of budgets. */
  budgetPercent: number | null;
  /** Of the last answer. */
  lastModel: string | null;
  /** All that have answered. */
  models: string[];
  /** Those whose providers turned the run away, as its last answer says. */
  refused: string[];
}

export interface GatewayCallBegin extends ModelCallPlace {
  /** Unique to the call. */
  callId: string;
  model: string;
  subjectIds: readonly string[];
  /** The worst case. */
  micros: number;
  /** What it takes in all likelihood, for the case that nobody can say afterwards. */
  likely: Usage;
}

/**
 * `stepId`: the step that the call is, also when it was begun before. `unwell`: the provider has failed lately, and wants to be
 * told of an answer.
 */
export type GatewayCallBegun =
  | { outcome: 'held'; stepId: string; unwell: boolean }
  | { outcome: 'ended' }
  | ({ outcome: 'refused' } & BudgetRefusal)
  | ({ outcome: 'unavailable' } & ModelUnavailable);

export interface GatewayCallEnded {
  callId: string;
  /** As `begin` or `open` told it: what the call is found by. Absent: nobody was told, and it is looked for in its run. */
  stepId?: string;
  /** The name of the step: what was asked for. */
  name: string;
  state: Extract<StepState, 'succeeded' | 'failed'>;
  cost: StepCost;
  output?: StepOutput;
  failure?: Failure;
}

/** A call that was begun and whose end nobody has told. */
export interface OpenGatewayCall {
  callId: string;
  stepId: string;
  model: string;
  likely: Usage;
}

export type GatewayCallRepository = ReturnType<typeof createGatewayCallRepository>;

/** Model calls that come through the gateway: each is a step of its run, whose place is the next one. */
export function createGatewayCallRepository(database: Database) {
  function eventOf({ agentRunId, okrRunId, taskId }: CallBearer, data: { id: string; name: string; state: StepState }) {
    const { id, name, state } = data;
    const type = state === StepState.started ? EventType.stepStarted : EventType.stepEnded;
    const ids = { agentRunId, okrRunId, ...(taskId && { taskId }) };
    // The statement puts in the place.
    return JSON.stringify(
      storable([{ type, subjectId: id, ...ids, data: { index: null, kind: 'model', name, state } }]),
    );
  }

  async function answerOf<T>(statement: PreparedStatement, values: readonly unknown[]): Promise<T> {
    const [row] = await retryWhenLost(() => database.ask<{ answer: T }>(statement, values));
    if (!row) throw new DomainError('internal', 'A function of the database gave no answer.');
    return row.answer;
  }

  return {
    /**
     * Holds the money of a call and says that it begins, both or neither. Beginning twice is harmless. `ended`: the token has, or
     * was replaced, or its run has ended.
     * @throws as `holdBudgets`
     */
    async begin(bearer: TokenCallBearer, call: GatewayCallBegin): Promise<GatewayCallBegun> {
      const { workspaceId, agentRunId } = bearer;
      const { callId, model: name, subjectIds, micros, likely: usage } = call;
      const key = keyOf(agentRunId, callId);
      const id = newId(IdPrefix.step);
      const hold = JSON.stringify({ key, ...holdOf({ subjectIds, micros }) });
      const step = JSON.stringify(storable({ id, agentRunId, callId, name, usage }));
      const event = eventOf(bearer, { id, name, state: StepState.started });
      const answer = await answerOf<
        (HoldOutcome & { stepId: string; unwell: boolean }) | { outcome: 'ended' } | Unavailable
      >(statements.begin, [workspaceId, bearer.tokenHash, placeOf(bearer, call), hold, step, event]);
      if (answer.outcome === 'ended') return { outcome: 'ended' };
      if (answer.outcome === 'unavailable') return { outcome: 'unavailable', ...unavailableOf(answer) };
      const result = reservationResult(answer, key);
      if (!result.held) return { outcome: 'refused', ...result };
      return { outcome: 'held', stepId: answer.stepId, unwell: answer.unwell };
    },

    /** @param subjectIds whose budgets are looked at; none where no threshold asks for it */
    async soFar({ workspaceId, agentRunId }: CallBearer, subjectIds: readonly string[]): Promise<RunSoFar> {
      const [row] = await database.ask<RunSoFar>(statements.soFar, [workspaceId, agentRunId, subjectIds]);
      if (!row) throw new DomainError('internal', 'A statement of the database gave no answer.');
      return row;
    },

    /** Books a call, once. False, and nothing written, for one that was booked before or never began. */
    end(
      bearer: CallBearer,
      { callId, stepId, name, state, cost, output, failure }: GatewayCallEnded,
    ): Promise<boolean> {
      const { workspaceId, agentRunId } = bearer;
      const blob = output && toBlob(output.text, output.mediaType);
      const kept = blob && { digest: blob.digest, mediaType: blob.mediaType, size: blob.size };
      const booked = { ...cost, id: newId('cost'), reservationKey: keyOf(agentRunId, callId) };
      const order = storable({ agentRunId, callId, stepId, state, cost: booked, output: kept, failure });
      // The statement puts in which step it is.
      const event = eventOf(bearer, { id: '', name, state });
      return answerOf<boolean>(statements.end, [workspaceId, JSON.stringify(order), blob?.content ?? null, event]);
    },

    /** Calls of a run that nobody has ended: their process died, or still makes them. */
    async open({ workspaceId, agentRunId }: CallBearer): Promise<OpenGatewayCall[]> {
      const rows = await database.agentStep.findMany({
        where: { workspaceId, agentRunId, kind: 'model', callId: { not: null }, costMicros: null },
        orderBy: { index: 'asc' },
      });
      return rows.flatMap(({ callId, id: stepId, name: model, usage }) =>
        callId === null ? [] : [{ callId, stepId, model, likely: usage as unknown as Usage }],
      );
    },
  };
}

/** Below the run, so that what it leaves held is found at its end. */
const keyOf = (agentRunId: string, callId: string): string => `${agentRunId}:gateway:${callId}`;
