import { DomainError, EventType, IdPrefix, isDomainError, type NewEvent } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import { beginWriting } from './begin-writing.js';
import type { SecretCipher } from './secret-cipher.js';

/** A secret as it may be shown: without its value. */
export interface SecretRecord {
  id: string;
  name: string;
  /** The key it is encrypted with. */
  keyId: string;
  createdAt: Date;
  /** When its value was last given. */
  updatedAt: Date;
}

/** How many rows one transaction of a rotation takes. */
const rowsAtOnce = 20;
const shown = { id: true, name: true, keyId: true, createdAt: true, updatedAt: true } as const;

export type SecretRepository = ReturnType<typeof createSecretRepository>;

/** The secrets of one workspace. Their values are in no event, no audit entry and no error. */
export function createSecretRepository(database: Database, workspaceId: string, cipher: SecretCipher) {
  const sealedRow = (name: string) => database.secret.findFirst({ where: { workspaceId, name } });

  return {
    /**
     * Makes the secret, or gives the one of that name another value.
     * @throws DomainError `secrets_unavailable` without a key
     */
    save({ name, value }: { name: string; value: string }, { savedBy }: { savedBy: string }): Promise<SecretRecord> {
      return inTransaction(database, async (tx) => {
        await beginWriting(tx);
        const sealed = { ...cipher.seal({ workspaceId, name }, value), updatedAt: new Date() };
        const ids = { id: newId(IdPrefix.secret), workspaceId, name };
        const made = { ...ids, ...sealed, createdBy: savedBy, createdAt: sealed.updatedAt };
        const { count } = await tx.secret.createMany({ data: made, skipDuplicates: true });
        if (count === 0) await tx.secret.updateMany({ where: { workspaceId, name }, data: sealed });
        const row = await tx.secret.findFirstOrThrow({ where: { workspaceId, name }, select: shown });
        await record(tx, { type: EventType.secretSaved, row }, { actor: savedBy, action: 'secret.save' });
        return row;
      });
    },

    /** @throws DomainError `not_found` */
    remove(name: string, { removedBy }: { removedBy: string }): Promise<SecretRecord> {
      return inTransaction(database, async (tx) => {
        const row = await tx.secret.findFirst({ where: { workspaceId, name }, select: shown });
        const { count } = await tx.secret.deleteMany({ where: { workspaceId, name } });
        if (row === null || count === 0) throw unknown(name);
        await record(tx, { type: EventType.secretRemoved, row }, { actor: removedBy, action: 'secret.remove' });
        return row;
      });
    },

    /** By name. */
    list(): Promise<SecretRecord[]> {
      return database.secret.findMany({ where: { workspaceId }, orderBy: { name: 'asc' }, select: shown });
    },

    /**
     * The value; null when there is no secret of that name.
     * @throws DomainError `secrets_unavailable`
     */
    async reveal(name: string): Promise<string | null> {
      const row = await sealedRow(name);
      if (row === null) return null;
      try {
        return cipher.open({ workspaceId, name }, row);
      } catch (error) {
        // A rotation may have taken the key away since the row was read: the row then has another.
        const again = isDomainError(error) ? await sealedRow(name) : null;
        if (again === null || again.keyId === row.keyId) throw error;
        return cipher.open({ workspaceId, name }, again);
      }
    },

    /**
     * Encrypts with the current key what is encrypted with another, a few rows at a time: what was done when it is cut short
     * stays done, and the next call does the rest.
     * @returns how many it were
     * @throws DomainError `secrets_unavailable` for a secret that cannot be opened; those before it are done
     */
    async rotate({ rotatedBy }: { rotatedBy: string }): Promise<number> {
      let rotated = 0;
      for (let after = ''; ;) {
        const ids = await inTransaction(database, (tx) => rotateSome(tx, after, rotatedBy));
        const last = ids.at(-1);
        if (last === undefined) return rotated;
        rotated += ids.length;
        after = last;
      }
    },
  };

  /** The ids of the rows that it took, in their order: those after `after`. */
  async function rotateSome(tx: Transaction, after: string, actor: string): Promise<string[]> {
    await beginWriting(tx);
    const keyId = cipher.currentKeyId();
    const locked = await tx.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "secret" WHERE "workspace_id" = ${workspaceId} AND "key_id" <> ${keyId} AND "id" > ${after}
      ORDER BY "id" LIMIT ${rowsAtOnce} FOR UPDATE`;
    const ids = locked.map(({ id }) => id);
    const rows = await tx.secret.findMany({ where: { workspaceId, id: { in: ids } }, orderBy: { id: 'asc' } });
    for (const { id, name, ...sealed } of rows) {
      const place = { workspaceId, name };
      await tx.secret.updateMany({ where: { workspaceId, id }, data: cipher.seal(place, cipher.open(place, sealed)) });
    }
    const detail = { names: rows.map(({ name }) => name), keyId };
    const audit = [{ actor, action: 'secret.rotate', subjectId: workspaceId, detail }];
    if (rows.length > 0) await recordChange(tx, { workspaceId, events: [], audit });
    return ids;
  }

  function record(
    tx: Transaction,
    { type, row }: { type: NewEvent['type']; row: SecretRecord },
    by: { actor: string; action: string },
  ): Promise<void> {
    const { id: subjectId, name, keyId } = row;
    const events = [{ type, subjectId, data: { name } }];
    return recordChange(tx, { workspaceId, events, audit: [{ ...by, subjectId, detail: { name, keyId } }] });
  }
}

const unknown = (name: string) =>
  new DomainError('not_found', `There is no secret ${name} in your workspace.`, { name });
