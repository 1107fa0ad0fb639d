import {
  DomainError,
  EventType,
  type Failure,
  type MicroUsd,
  statesBefore,
  type StepKind,
  StepState,
  stepTransitions,
  type Usage,
} from '@fermata/contracts';
import {
  bookSpending,
  type BudgetRefusal,
  type HoldOutcome,
  holdOf,
  type ReservationOrder,
  reservationResult,
} from '../budgets/reservations.js';
import type { Database } from '../client.js';
import { inTransaction, retryWhenLost } from '../in-transaction.js';
import { newId } from '../new-id.js';
import type { BlobCache } from '../repositories/blob-cache.js';
import { cacheKey, toBlob } from '../repositories/blob.repository.js';
import { storable } from '../storable.js';

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

export interface StartedStep {
  id: string;
  attempt: number;
  state: StepState;
}

/** `lost`: the attempt before this one ended with its process, so that nobody knows what it has cost. */
export type PaidStart = ({ held: true; lost: boolean } & StartedStep) | BudgetRefusal;

/** What a conversation is made of. A run reads its steps again at each turn, so nothing more is read of them. */
const spokenColumns = {
  agentRunId: true,
  index: true,
  kind: true,
  state: true,
  callId: true,
  outputDigest: true,
  usage: true,
} as const;

export type StepRepository = ReturnType<typeof createStepRepository>;

/**
 * The steps of agent runs: one row for each model call, tool call and note. Each change is one statement, a function of
 * prisma/migrations/20261126000000_step_functions: state, output, cost and event are there together or not at all.
 */
export function createStepRepository(database: Database, workspaceId: string, cache?: BlobCache) {
  function newRow({ agentRunId, index, kind, name, callId, inputDigest }: StepStart) {
    return storable({ id: newId('stp'), agentRunId, index, kind, name, callId, inputDigest });
  }

  function eventOf({ agentRunId, okrRunId, taskId, ...step }: StepStart, stepId: string, state: StepState): string {
    const { index, kind, name } = step;
    const type = state === StepState.started ? EventType.stepStarted : EventType.stepEnded;
    const ids = { agentRunId, okrRunId, ...(taskId && { taskId }) };
    return JSON.stringify(storable([{ type, subjectId: stepId, ...ids, data: { index, kind, name, state } }]));
  }

  /** The parts of an end that are stored; the text itself travels beside the JSON. */
  function stored({ output, failure, ...end }: StepEnd) {
    const blob = output && toBlob(output.text, output.mediaType);
    const kept = blob && { digest: blob.digest, mediaType: blob.mediaType, size: blob.size };
    return { end: { ...end, failure: storable(failure), output: kept }, content: blob?.content ?? null };
  }

  /** What was written is read again at each of the run's next steps. */
  function remember(digest: string | undefined, output: StepOutput | undefined): void {
    if (digest && output) cache?.keep(cacheKey(workspaceId, digest), output.text);
  }

  return {
    find: (agentRunId: string, index: number) =>
      database.agentStep.findFirst({ where: { agentRunId, index, workspaceId } }),

    /** Those of the run that have these places; in order. */
    at: (agentRunId: string, indexes: readonly number[]) =>
      database.agentStep.findMany({
        where: { agentRunId, index: { in: [...indexes] }, workspaceId },
        orderBy: { index: 'asc' },
        select: spokenColumns,
      }),

    ofRun: (agentRunId: string) =>
      database.agentStep.findMany({
        where: { agentRunId, workspaceId },
        orderBy: { index: 'asc' },
        select: spokenColumns,
      }),

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
      const event = eventOf(step, row.id, StepState.started);
      return answerOf<StartedStep>(
        () => database.$queryRaw`
          SELECT start_step(${workspaceId}, ${JSON.stringify(row)}::jsonb, ${event}::jsonb) AS "answer"`,
      );
    },

    /**
     * Holds the money of a model call and says that its step begins, both or neither.
     * @throws as `holdBudgets`
     */
    async startPaid(step: StepStart, hold: Omit<ReservationOrder, 'workspaceId'>): Promise<PaidStart> {
      const row = newRow(step);
      const event = eventOf(step, row.id, StepState.started);
      const money = JSON.stringify({ key: hold.key, ...holdOf(hold) });
      const answer = await answerOf<HoldOutcome & StartedStep>(
        () => database.$queryRaw`
          SELECT start_paid_step(${workspaceId}, ${money}::jsonb, ${JSON.stringify(row)}::jsonb, ${event}::jsonb) AS "answer"`,
      );
      const held = reservationResult(answer, hold.key);
      if (!held.held) return held;
      const { id, attempt, state } = answer;
      return { held: true, lost: held.already && attempt > 1, id, attempt, state };
    },

    /**
     * Ends a step that was started, once, with what it brought and what it cost. False, and nothing written, for one that
     * had ended.
     * @throws DomainError `not_found`
     */
    async end(step: StepStart & { id: string }, ended: StepEnd & { cost?: SettledCost }): Promise<boolean> {
      const { cost, ...rest } = ended;
      const { end, content } = stored(rest);
      const { id } = step;
      const from = statesBefore(stepTransitions, ended.state);
      const order = storable({ ...end, id, from, ...(cost && { cost: { ...cost, id: newId('cost') } }) });
      const event = eventOf(step, id, ended.state);
      const { moved, state } = await answerOf<{ moved: boolean; state: StepState | null }>(
        () => database.$queryRaw`
          SELECT end_step(${workspaceId}, ${JSON.stringify(order)}::jsonb, ${content}, ${event}::jsonb) AS "answer"`,
      );
      if (state === null) throw new DomainError('not_found', `There is no step ${id}.`, { id });
      if (moved) remember(end.output?.digest, ended.output);
      return moved;
    },

    /** Names the commit that keeps what an ended step has changed. */
    nameCheckpoint: ({ agentRunId, index }: Pick<StepPlace, 'agentRunId' | 'index'>, checkpoint: string) =>
      database.agentStep.updateMany({ where: { agentRunId, index, workspaceId }, data: { checkpoint } }),

    /** Books a call of the step that was paid for and brought nothing: broken off, lost, or answered too late. */
    addCost(step: StepPlace & { id: string }, cost: StepCost, { key }: { key: string }): Promise<void> {
      const entry = JSON.stringify({ ...storable(cost), id: newId('cost') });
      return inTransaction(database, async (tx) => {
        const spending = { workspaceId, subjectIds: [step.okrRunId], key, micros: cost.costMicros };
        if (!(await bookSpending(tx, spending))) return;
        await tx.$executeRaw`SELECT write_cost(${workspaceId}, ${step.id}, ${entry}::jsonb)`;
      });
    },

    /** A step that is over as soon as it is written: notes, answers, tools that may be repeated. Once for each index. */
    async record(step: StepStart & { startedAt?: Date }, ended: StepEnd): Promise<void> {
      const { end, content } = stored(ended);
      const row = newRow(step);
      const order = JSON.stringify({ ...row, ...end, startedAt: step.startedAt });
      const event = eventOf(step, row.id, ended.state);
      await retryWhenLost(
        () => database.$executeRaw`
          SELECT record_step(${workspaceId}, ${order}::jsonb, ${content}, ${event}::jsonb)`,
      );
      remember(end.output?.digest, ended.output);
    },
  };
}

/** The one JSON value that a function answers. */
async function answerOf<T>(ask: () => Promise<unknown>): Promise<T> {
  const [row] = (await retryWhenLost(ask)) as { answer: T }[];
  if (!row) throw new DomainError('internal', 'A function of the database gave no answer.');
  return row.answer;
}
