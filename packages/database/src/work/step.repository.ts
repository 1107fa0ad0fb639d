import {
  DomainError,
  type Failure,
  type MicroUsd,
  type ModelUnavailable,
  type StepKind,
  StepState,
  type Usage,
} from '@fermata/contracts';
import {
  type BudgetRefusal,
  type HoldOutcome,
  holdOf,
  type ReservationOrder,
  reservationResult,
} from '../budgets/reservations.js';
import type { Database } from '../client.js';
import { retryWhenLost } from '../in-transaction.js';
import { newId } from '../new-id.js';
import { type Unavailable, unavailableOf } from '../models/model-health.repository.js';
import type { PreparedStatement } from '../prepared-statement.js';
import type { BlobCache } from '../repositories/blob-cache.js';
import { cacheKey } from '../repositories/blob.repository.js';
import type { SecretCipher } from '../secrets/secret-cipher.js';
import { storable, jsonWithoutKnownSecrets } from '../storable.js';
import { type ModelCallPlace, placeOf } from './model-call-place.js';
import { type Ended, type EndOrder, endSealed, eventOf, orderToEnd, storedEnd } from './step-end.js';

/** Where a step belongs; `index` is its place in the run's conversation. */
export interface StepPlace {
  agentRunId: string;
  okrRunId: string;
  taskId: string | null;
  index: number;
}

export interface StepStart extends StepPlace {
  kind: StepKind;
  name: string;
  callId?: string;
  inputDigest?: string;
}

/** A text that is stored with the step, as a blob. */
export interface StepOutput {
  text: string;
  mediaType: 'text/plain' | 'application/json';
}

export interface StepEnd {
  state: Exclude<StepState, 'started'>;
  output?: StepOutput;
  checkpoint?: string;
  failure?: Failure;
  /** A sentence for people who follow the run: told with the event, kept nowhere else. */
  note?: string;
}

/** What a model call cost. */
export interface StepCost {
  model: string;
  usage: Usage;
  costMicros: MicroUsd;
}

/** With the reservation that was made for it. */
export interface SettledCost extends StepCost {
  reservationKey: string;
}

/** Of a model call that was answered. */
export interface AnswerEnd {
  output: StepOutput;
  cost: SettledCost;
}

export interface StartedStep {
  id: string;
  attempt: number;
  state: StepState;
}

/**
 * `lost`: the attempt before this one ended with its process, so that nobody knows what it has cost. `unwell`: the provider
 * has failed lately, and wants to be told of an answer. `unavailable`: it cannot take the call, and nothing was held.
 */
export type PaidStart =
  | ({ held: true; lost: boolean; unwell?: true } & StartedStep)
  | BudgetRefusal
  | { held: false; unavailable: ModelUnavailable };

/** What a conversation is made of. A run reads its steps again at each turn, so nothing more is read of them. */
export interface SpokenStep {
  agentRunId: string;
  index: number;
  kind: string;
  /** Of a model call: the model that was asked. */
  name: string;
  state: string;
  callId: string | null;
  outputDigest: string | null;
  usage: unknown;
  modelChoice: unknown;
}

const spoken = `SELECT "agent_run_id" AS "agentRunId", "index", "kind", "name", "state", "call_id" AS "callId",
  "output_digest" AS "outputDigest", "usage", "model_choice" AS "modelChoice" FROM "agent_step" WHERE "workspace_id" = $1 AND "agent_run_id" = $2`;

/** A step that somebody else takes and tells of: its place is the next one of the run. */
export interface ReportedStep extends Omit<StepStart, 'index'> {
  state: Exclude<StepState, 'unknown'>;
  output?: StepOutput;
}

/** The functions of prisma/migrations: `_step_functions`, `_gateway`, `_budget_tree`; and what a turn reads. */
const statements = {
  spokenOfRun: { name: 'steps_of_run', text: `${spoken} ORDER BY "index"` },
  spokenAt: { name: 'steps_at', text: `${spoken} AND "index" = ANY($3::int[]) ORDER BY "index"` },
  start: { name: 'start_step', text: 'SELECT start_step($1, $2::jsonb, $3::jsonb) AS "answer"' },
  startPaid: {
    name: 'start_model_step',
    text: 'SELECT start_model_step($1, $2::jsonb, $3::jsonb, $4::jsonb, $5::jsonb) AS "answer"',
  },
  end: { name: 'end_step', text: 'SELECT end_step($1, $2::jsonb, $3, $4::jsonb) AS "answer"' },
  addCost: { name: 'add_cost', text: 'SELECT add_cost($1, $2, $3::jsonb, $4::jsonb) AS "answer"' },
  report: { name: 'report_step', text: 'SELECT report_step($1, $2::jsonb, $3, $4::jsonb) AS "answer"' },
  nameCheckpoint: {
    name: 'name_checkpoint',
    text: 'UPDATE "agent_step" SET "checkpoint" = $4 WHERE "workspace_id" = $1 AND "agent_run_id" = $2 AND "index" = $3',
  },
  record: { name: 'record_step', text: 'SELECT record_step($1, $2::jsonb, $3, $4::jsonb)' },
} as const satisfies Record<string, PreparedStatement>;

export type StepRepository = ReturnType<typeof createStepRepository>;

/**
 * The steps of agent runs: one row for each model call, tool call and note. Each change is one statement: state, output, cost and event are there together or not at all.
 */
export function createStepRepository(database: Database, workspaceId: string, cache?: BlobCache) {
  function newRow({ agentRunId, index, kind, name, callId, inputDigest }: StepStart) {
    return storable({ id: newId('stp'), agentRunId, index, kind, name, callId, inputDigest });
  }

  /** Whether it was this call that ended the step. @throws DomainError `not_found` */
  function settled({ id, digest, text }: EndOrder, { moved, state }: Ended): boolean {
    if (state === null) throw new DomainError('not_found', `There is no step ${id}.`, { id });
    if (moved) remember(digest, text);
    return moved;
  }

  /** The one JSON value that a function answers. */
  async function answerOf<T>(statement: PreparedStatement, values: readonly unknown[]): Promise<T> {
    const [row] = await retryWhenLost(() => database.ask<{ answer: T }>(statement, values));
    if (!row) throw new DomainError('internal', 'A function of the database gave no answer.');
    return row.answer;
  }

  /** What was written is read again at each of the run's next steps. */
  function remember(digest: string | undefined, text: string | undefined): void {
    if (digest && text !== undefined) cache?.keep(cacheKey(workspaceId, digest), text);
  }

  return {
    find: (agentRunId: string, index: number) =>
      database.agentStep.findFirst({ where: { agentRunId, index, workspaceId } }),

    /** Those of the run that have these places; in order. */
    at: (agentRunId: string, indexes: readonly number[]) =>
      database.ask<SpokenStep>(statements.spokenAt, [workspaceId, agentRunId, indexes]),

    ofRun: (agentRunId: string) => database.ask<SpokenStep>(statements.spokenOfRun, [workspaceId, agentRunId]),

    async lastIndex(agentRunId: string): Promise<number> {
      const last = await database.agentStep.findFirst({
        where: { agentRunId, workspaceId },
        orderBy: { index: 'desc' },
      });
      return last?.index ?? -1;
    },

    /**
     * Says that a step begins, before it does. A step that was begun before and never ended is begun again with the next
     * attempt number: whoever begins decides what that means.
     */
    start(step: StepStart): Promise<StartedStep> {
      const row = newRow(step);
      const event = eventOf(step, row.id, { state: StepState.started });
      return answerOf<StartedStep>(statements.start, [workspaceId, JSON.stringify(row), event]);
    },

    /**
     * Holds the money of a model call and says that its step begins, both or neither. Neither when the provider of `call`
     * cannot take it now.
     * @throws as `holdBudgets`
     */
    async startPaid(
      step: StepStart,
      hold: Omit<ReservationOrder, 'workspaceId'>,
      call?: ModelCallPlace,
    ): Promise<PaidStart> {
      const row = newRow(step);
      const event = eventOf(step, row.id, { state: StepState.started });
      const money = JSON.stringify({ key: hold.key, ...holdOf(hold) });
      const values = [workspaceId, placeOf(step, call), money, JSON.stringify(row), event];
      const answer = await answerOf<(HoldOutcome & StartedStep & { unwell: boolean }) | Unavailable>(
        statements.startPaid,
        values,
      );
      if (answer.outcome === 'unavailable') return { held: false, unavailable: unavailableOf(answer) };
      const held = reservationResult(answer, hold.key);
      if (!held.held) return held;
      const { id, attempt, state, unwell } = answer;
      return { held: true, lost: held.already && attempt > 1, id, attempt, state, ...(unwell && { unwell }) };
    },

    /**
     * Ends a step that was started, once, with what it brought and what it cost. False, and nothing written, for one that
     * had ended.
     * @throws DomainError `not_found`
     */
    async end(step: StepStart & { id: string }, ended: StepEnd & { cost?: SettledCost }): Promise<boolean> {
      const order = orderToEnd(step, ended);
      return settled(order, await answerOf<Ended>(statements.end, [workspaceId, ...order.values]));
    },

    /**
     * As `end`, for an answer of a model. What looks like a token in it is kept word for word besides, encrypted, until the run
     * ends; where nothing does, this is `end`.
     * @returns the answer as it was stored; null when the step had ended
     */
    async endAnswer(step: StepStart & { id: string }, ended: AnswerEnd, cipher: SecretCipher): Promise<string | null> {
      const order = orderToEnd(step, { ...ended, state: StepState.succeeded });
      const given = ended.output.text;
      const stays = order.text === given ? given : jsonWithoutKnownSecrets(given);
      const answer =
        order.text === stays
          ? await answerOf<Ended>(statements.end, [workspaceId, ...order.values])
          : await endSealed(database, order, { cipher, place: { ...step, workspaceId }, text: stays });
      return settled(order, answer) ? (order.text ?? given) : null;
    },

    /** Names the commit that keeps what an ended step has changed. */
    async nameCheckpoint({ agentRunId, index }: Pick<StepPlace, 'agentRunId' | 'index'>, checkpoint: string) {
      await database.ask(statements.nameCheckpoint, [workspaceId, agentRunId, index, checkpoint]);
    },

    /** Books a call of the step that was paid for and brought nothing, once for each key: broken off, lost, or answered too late. */
    async addCost({ id }: { id: string }, cost: StepCost, paid: Pick<ReservationOrder, 'key' | 'subjectIds'>) {
      const entry = JSON.stringify({ ...storable(cost), id: newId('cost') });
      const { key, subjectIds } = paid;
      const money = JSON.stringify({ key, ...holdOf({ subjectIds, micros: cost.costMicros }) });
      await answerOf<boolean>(statements.addCost, [workspaceId, id, entry, money]);
    },

    /**
     * Writes a step of an agent that is not ours, or brings the one of that call up to date; one that has ended stays as it
     * is. Returns its place in the run; null when nothing was written, as for a run that is over.
     */
    async report(step: ReportedStep): Promise<number | null> {
      const { state, output, ...start } = step;
      const { end, content, text } = storedEnd({
        state: state === StepState.started ? StepState.unknown : state,
        ...(output && { output }),
      });
      // The statement gives it its place.
      const row = newRow({ ...start, index: 0 });
      const event = eventOf({ ...start, index: null }, row.id, { state });
      const values = [workspaceId, JSON.stringify({ ...row, ...end, state }), content, event];
      const place = await answerOf<number | null>(statements.report, values);
      if (place !== null) remember(end.output?.digest, text);
      return place;
    },

    /** Writes down, as a step, what an agent that is not ours says it has cost, and books it: once for a key. */
    async reportCost(
      step: ReportedStep & { output: StepOutput },
      cost: StepCost,
      paid: Pick<ReservationOrder, 'key' | 'subjectIds'>,
    ): Promise<void> {
      const index = await this.report(step);
      if (index === null) return;
      const where = { agentRunId: step.agentRunId, index, workspaceId };
      await this.addCost(await database.agentStep.findFirstOrThrow({ where, select: { id: true } }), cost, paid);
    },

    /** What an agent that is not ours has done, the latest last. */
    async reported(agentRunId: string, atMost: number) {
      const rows = await database.agentStep.findMany({
        where: { agentRunId, workspaceId, kind: 'tool' },
        orderBy: { index: 'desc' },
        take: atMost,
      });
      return rows.reverse();
    },

    /** How often a run has done, or begun to do, the same as this: by the digest of what it was given. */
    countOf: ({
      agentRunId,
      inputDigest,
      exceptCallId,
    }: {
      agentRunId: string;
      inputDigest: string;
      exceptCallId: string;
    }) =>
      database.agentStep.count({
        where: { agentRunId, workspaceId, kind: 'tool', inputDigest, NOT: { callId: exceptCallId } },
      }),

    /** A step that is over as soon as it is written: notes, answers, tools that may be repeated. Once for each index. */
    async record(step: StepStart & { startedAt?: Date }, ended: StepEnd): Promise<void> {
      const { end, content, text } = storedEnd(ended);
      const row = newRow(step);
      const order = JSON.stringify({ ...row, ...end, startedAt: step.startedAt });
      const event = eventOf(step, row.id, ended);
      await retryWhenLost(() => database.ask(statements.record, [workspaceId, order, content, event]));
      remember(end.output?.digest, text);
    },
  };
}
