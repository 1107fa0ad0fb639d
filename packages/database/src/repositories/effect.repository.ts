import { DomainError, EffectState, IdPrefix, type JsonObject } from '@fermata/contracts';
import type { Database } from '../client.js';
import type { Effect } from '../generated/client.js';
import { newId } from '../new-id.js';
import { effectMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';

export interface EffectIntent {
  /** What is done to the world: `branch.push`, `target.move`, … */
  kind: string;
  /** By which the effect is found again after a crash: the same for every attempt at the same thing. */
  key: string;
  subjectId: string;
  intent: JsonObject;
}

export interface EffectRecord {
  key: string;
  kind: string;
  subjectId: string;
  state: EffectState;
  intent: JsonObject;
  /** What `settle` was given; `{ reason }` of an abandoned one; null while it is open. */
  result: JsonObject | null;
  /** How often it was intended, this time included. */
  attempts: number;
  createdAt: Date;
}

export type EffectRepository = ReturnType<typeof createEffectRepository>;

/**
 * The effect ledger of a workspace (law 3): intend, do, settle. Whoever finds an effect `intended` that is not new
 * must look in the world whether it happened before doing it again.
 */
export function createEffectRepository(database: Database, workspaceId: string) {
  async function find(key: string): Promise<Effect> {
    const row = await database.effect.findUnique({ where: { workspaceId_key: { workspaceId, key } } });
    if (!row) throw new DomainError('not_found', `There is no effect with the key ${key}.`, { key });
    return row;
  }

  async function close(key: string, to: EffectState, result: JsonObject): Promise<void> {
    const { id } = await find(key);
    const set = { result, settledAt: new Date() };
    await moveState(database, effectMachine, { id, workspaceId, to, set });
  }

  return {
    /**
     * Records what is about to be done; an effect recorded before is returned as it stands.
     * @throws DomainError `idempotency_mismatch` when the key belongs to another kind or subject
     */
    async intend({ kind, key, subjectId, intent }: EffectIntent): Promise<EffectRecord & { isNew: boolean }> {
      const data = { id: newId(IdPrefix.effect), workspaceId, kind, key, subjectId, intent };
      const { count } = await database.effect.createMany({
        data: { ...data, state: EffectState.intended, createdAt: new Date() },
        skipDuplicates: true,
      });
      if (count === 0) {
        await database.effect.updateMany({
          where: { workspaceId, key, state: EffectState.intended },
          data: { attempts: { increment: 1 } },
        });
      }
      const row = await find(key);
      if (row.kind !== kind || row.subjectId !== subjectId) {
        const message = `The key ${key} belongs to the effect ${row.kind} of ${row.subjectId}, not to ${kind} of ${subjectId}.`;
        throw new DomainError('idempotency_mismatch', message, { key });
      }
      return { ...toRecord(row), isNew: count === 1 };
    },

    /**
     * It happened. Saying so twice is harmless; the first result stays.
     * @throws DomainError `not_found`; `invalid_transition` for an abandoned effect
     */
    settle: (key: string, result: JsonObject) => close(key, EffectState.done, result),

    /**
     * It did not happen and will not.
     * @throws DomainError `not_found`; `invalid_transition` for an effect that is done
     */
    abandon: (key: string, reason: string) => close(key, EffectState.abandoned, { reason }),

    /** Effects of a subject whose outcome nobody has recorded, oldest first. */
    async openOf(subjectId: string): Promise<EffectRecord[]> {
      const where = { workspaceId, subjectId, state: EffectState.intended };
      const rows = await database.effect.findMany({ where, orderBy: { id: 'asc' } });
      return rows.map(toRecord);
    },
  };
}

function toRecord({ key, kind, subjectId, state, intent, result, attempts, createdAt }: Effect): EffectRecord {
  return {
    ...{ key, kind, subjectId, attempts, createdAt },
    state: state as EffectState,
    intent: intent as JsonObject,
    result: result as JsonObject | null,
  };
}
