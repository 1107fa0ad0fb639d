import {
  EventType,
  type Failure,
  type GatePhase,
  type GateState,
  type MeasurementPhase,
  type ReviewResult,
} from '@fermata/contracts';
import type { Database } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import { jsonColumn } from './json-column.js';

export interface GatePlace {
  taskId: string;
  attempt: number;
  phase: GatePhase;
  round: number;
  name: string;
}

export interface NewGateResult extends GatePlace {
  okrRunId: string;
  command: string;
  state: GateState;
  exitCode: number | null;
  durationMs: number;
  commit: string | null;
  outputDigest: string | null;
}

export interface NewReview {
  okrRunId: string;
  taskId: string;
  attempt: number;
  round: number;
  agentRunId: string;
  commit: string | null;
  result: ReviewResult;
}

export interface NewMeasurement {
  okrRunId: string;
  keyResultId: string;
  phase: MeasurementPhase;
  value: number | null;
  /** Null unless the value has been compared with the target: only the final one is. */
  met: boolean | null;
  command: string | null;
  commit: string | null;
  exitCode: number | null;
  outputDigest: string | null;
  failure: Failure | null;
  /** `fermata` or the principal who answered. */
  measuredBy: string;
}

export type EvidenceRepository = ReturnType<typeof createEvidenceRepository>;

/** What was found out: gate results, reviews, measurements. Written once, never changed. */
export function createEvidenceRepository(database: Database, workspaceId: string) {
  return {
    findGateResult: (place: GatePlace) => database.gateResult.findFirst({ where: { ...place, workspaceId } }),

    /** The results of one round, in the order they ran. */
    gateRound: ({ name: _name, ...round }: GatePlace) =>
      database.gateResult.findMany({ where: { ...round, workspaceId }, orderBy: { ranAt: 'asc' } }),

    latestGateResults: (taskId: string, attempt: number) =>
      database.gateResult.findMany({ where: { taskId, attempt, workspaceId }, orderBy: { ranAt: 'desc' }, take: 40 }),

    recordGate({ okrRunId, ...result }: NewGateResult): Promise<void> {
      return inTransaction(database, async (tx) => {
        const id = newId('gres');
        const { count } = await tx.gateResult.createMany({
          data: [{ id, workspaceId, ranAt: new Date(), ...result }],
          skipDuplicates: true,
        });
        if (count === 0) return;
        const { taskId, name, state, phase, round } = result;
        await recordChange(tx, {
          workspaceId,
          events: [{ type: EventType.gateRan, subjectId: id, okrRunId, taskId, data: { name, state, phase, round } }],
        });
      });
    },

    findReview: (agentRunId: string) => database.review.findFirst({ where: { agentRunId, workspaceId } }),
    latestReview: (taskId: string) =>
      database.review.findFirst({ where: { taskId, workspaceId }, orderBy: { createdAt: 'desc' } }),

    recordReview({ okrRunId, result, ...review }: NewReview): Promise<void> {
      return inTransaction(database, async (tx) => {
        const id = newId('rev');
        const { verdict, summary, findings } = result;
        const data = {
          id,
          workspaceId,
          createdAt: new Date(),
          verdict,
          summary,
          findings: jsonColumn(findings),
          ...review,
        };
        const { count } = await tx.review.createMany({ data: [data], skipDuplicates: true });
        if (count === 0) return;
        const { taskId, agentRunId, round } = review;
        const event = {
          type: EventType.reviewGiven,
          subjectId: id,
          okrRunId,
          taskId,
          agentRunId,
          data: { verdict, round, findings: findings.length },
        };
        await recordChange(tx, { workspaceId, events: [event] });
      });
    },

    findMeasurement: (keyResultId: string, phase: MeasurementPhase) =>
      database.keyResultMeasurement.findFirst({ where: { keyResultId, phase, workspaceId } }),

    measurementsOf: (keyResultIds: readonly string[]) =>
      database.keyResultMeasurement.findMany({ where: { keyResultId: { in: [...keyResultIds] }, workspaceId } }),

    /** Keeps the evidence and copies the value to the key result, once for each phase. */
    recordMeasurement({ okrRunId, met, failure, ...measurement }: NewMeasurement): Promise<void> {
      return inTransaction(database, async (tx) => {
        const id = newId('msr');
        const data = {
          id,
          workspaceId,
          measuredAt: new Date(),
          ...measurement,
          ...(failure && { failure: jsonColumn(failure) }),
        };
        const { count } = await tx.keyResultMeasurement.createMany({ data: [data], skipDuplicates: true });
        if (count === 0) return;
        const { keyResultId, phase, value } = measurement;
        const set = phase === 'baseline' ? { baseline: value } : { value, met };
        await tx.keyResult.updateMany({ where: { id: keyResultId, workspaceId }, data: set });
        const event = {
          type: EventType.keyResultMeasured,
          subjectId: keyResultId,
          okrRunId,
          data: { phase, value, met },
        };
        await recordChange(tx, { workspaceId, events: [event] });
      });
    },
  };
}
