import { EventType, type Failure, type MicroUsd, type StepKind, StepState, type Usage } from '@fermata/contracts';
import { bookSpending } from '../budgets/reservations.js';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { stepMachine } from '../states/machines.js';
import { tryMove } from '../states/move-state.js';
import { newId } from '../new-id.js';
import { jsonColumn } from './json-column.js';

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

export interface StepEnd {
  state: Exclude<StepState, 'started'>;
  outputDigest?: string;
  checkpoint?: string;
  failure?: Failure;
}

/** What a model call cost. */
export interface StepCost {
  model: string;
  usage: Usage;
  costMicros: MicroUsd;
}

export type StepRepository = ReturnType<typeof createStepRepository>;

/** The steps of agent runs: one row for each model call, tool call and note. */
export function createStepRepository(database: Database, workspaceId: string) {
  function ids({ agentRunId, okrRunId, taskId }: StepPlace) {
    return { agentRunId, okrRunId, ...(taskId && { taskId }) };
  }

  function columns({ agentRunId, index, kind, name, callId, inputDigest }: StepStart) {
    return {
      id: newId('stp'),
      workspaceId,
      agentRunId,
      index,
      kind,
      name,
      callId: callId ?? null,
      inputDigest: inputDigest ?? null,
      attempt: 1,
    };
  }

  async function announce(tx: Transaction, place: StepStart, data: { state: string; stepId: string }): Promise<void> {
    const { index, kind, name } = place;
    const type = data.state === StepState.started ? EventType.stepStarted : EventType.stepEnded;
    await recordChange(tx, {
      workspaceId,
      events: [{ type, subjectId: data.stepId, ...ids(place), data: { index, kind, name, state: data.state } }],
    });
  }

  interface StepCosts {
    place: StepPlace;
    stepId: string;
    cost: StepCost;
  }

  async function addCost(tx: Transaction, { place, stepId, cost }: StepCosts): Promise<void> {
    const { agentRunId, okrRunId, taskId } = place;
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = cost.usage;
    const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
    const costMicros = BigInt(cost.costMicros);
    const at = new Date();
    await tx.costEntry.create({
      data: {
        id: newId('cost'),
        workspaceId,
        agentRunId,
        okrRunId,
        taskId,
        stepId,
        model: cost.model,
        ...tokens,
        estimated: cost.usage.estimated ?? false,
        costMicros,
        at,
      },
    });
    await tx.agentRun.updateMany({
      where: { id: agentRunId, workspaceId },
      data: {
        inputTokens: { increment: inputTokens },
        outputTokens: { increment: outputTokens },
        cacheReadTokens: { increment: cacheReadTokens },
        cacheWriteTokens: { increment: cacheWriteTokens },
        costMicros: { increment: costMicros },
      },
    });
  }

  return {
    find: (agentRunId: string, index: number) =>
      database.agentStep.findFirst({ where: { agentRunId, index, workspaceId } }),

    ofRun: (agentRunId: string) =>
      database.agentStep.findMany({ where: { agentRunId, workspaceId }, orderBy: { index: 'asc' } }),

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
    start(step: StepStart): Promise<{ id: string; attempt: number; state: StepState }> {
      return inTransaction(database, async (tx) => {
        const earlier = await tx.agentStep.findFirst({
          where: { agentRunId: step.agentRunId, index: step.index, workspaceId },
        });
        if (earlier && earlier.state !== StepState.started)
          return { id: earlier.id, attempt: earlier.attempt, state: earlier.state as StepState };
        if (earlier) {
          const attempt = earlier.attempt + 1;
          await tx.agentStep.updateMany({ where: { id: earlier.id, workspaceId }, data: { attempt } });
          return { id: earlier.id, attempt, state: StepState.started };
        }
        const row = await tx.agentStep.create({
          data: { ...columns(step), state: StepState.started, startedAt: new Date() },
        });
        await announce(tx, step, { state: StepState.started, stepId: row.id });
        return { id: row.id, attempt: 1, state: StepState.started };
      });
    },

    /** Ends a step that was started, once, with what it cost. False, and nothing written, for one that had ended. */
    end(
      step: StepStart & { id: string },
      end: StepEnd & { cost?: StepCost },
      also?: (tx: Transaction) => Promise<void>,
    ): Promise<boolean> {
      return inTransaction(database, async (tx) => {
        const { state, failure, cost, outputDigest, checkpoint } = end;
        const set = {
          endedAt: new Date(),
          ...(outputDigest && { outputDigest }),
          ...(checkpoint && { checkpoint }),
          ...(failure && { failure: jsonColumn(failure) }),
          ...(cost && { usage: jsonColumn(cost.usage), costMicros: BigInt(cost.costMicros) }),
        };
        const { moved } = await tryMove(tx, stepMachine, { id: step.id, workspaceId, to: state, set });
        if (!moved) return false;
        if (cost) await addCost(tx, { place: step, stepId: step.id, cost });
        await also?.(tx);
        await announce(tx, step, { state, stepId: step.id });
        return true;
      });
    },

    /** Books a call of the step that was paid for and brought nothing: broken off, or answered when it was too late. */
    addCost(step: StepPlace & { id: string }, cost: StepCost, { key }: { key: string }): Promise<void> {
      return inTransaction(database, async (tx) => {
        const spending = { workspaceId, subjectIds: [step.okrRunId], key, micros: cost.costMicros };
        if (await bookSpending(tx, spending)) await addCost(tx, { place: step, stepId: step.id, cost });
      });
    },

    /** A step that is over as soon as it is written: notes, answers, tools that may be repeated. Once for each index. */
    record(step: StepStart & { startedAt?: Date }, end: StepEnd): Promise<void> {
      return inTransaction(database, async (tx) => {
        const { state, failure, outputDigest, checkpoint } = end;
        const now = new Date();
        const data = {
          ...columns(step),
          state,
          startedAt: step.startedAt ?? now,
          endedAt: now,
          outputDigest: outputDigest ?? null,
          checkpoint: checkpoint ?? null,
          ...(failure && { failure: jsonColumn(failure) }),
        };
        const { count } = await tx.agentStep.createMany({ data: [data], skipDuplicates: true });
        if (count === 1) await announce(tx, step, { state, stepId: data.id });
      });
    },
  };
}
