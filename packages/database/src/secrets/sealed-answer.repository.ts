import { randomBytes } from 'node:crypto';
import { isDomainError, type ModelAnswer } from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import type { PreparedStatement } from '../prepared-statement.js';
import { withoutKnownSecrets } from '../storable.js';
import { beginWriting } from './begin-writing.js';
import type { SealedValue, SecretCipher, SecretPlace } from './secret-cipher.js';

/** The step of the model whose answer it is. */
export interface AnswerPlace {
  workspaceId: string;
  agentRunId: string;
  index: number;
}

/** What a model said word for word; or why nobody knows it any more. */
export type ExactAnswer =
  | {
      answer: ModelAnswer;
      /** Made for this answer alone, and gone with it: for digests of its words. */
      digestKey: string;
    }
  | { unreadable: string };

interface SealedRow extends SealedValue {
  index: number;
}

/** How many rows one transaction of a rotation takes. */
const rowsAtOnce = 20;

const ofSteps: PreparedStatement = {
  name: 'sealed_answers_of_steps',
  text: `SELECT "index", "key_id" AS "keyId", "nonce", "ciphertext" FROM "sealed_answer"
    WHERE "workspace_id" = $1 AND "agent_run_id" = $2 AND "index" = ANY($3::int[])`,
};

/** No secret is called so: their names are in capitals. */
const boundTo = ({ workspaceId, agentRunId, index }: AnswerPlace): SecretPlace => ({
  workspaceId,
  name: `answer ${index} of ${agentRunId}`,
});

/**
 * Encrypts an answer, for the end of its step. Until the transaction ends the key that it took is not dropped.
 * @returns null where there is no key: the answer was paid for, and is kept without
 */
export async function sealAnswer(
  tx: Transaction,
  cipher: SecretCipher,
  { place, text }: { place: AnswerPlace; text: string },
): Promise<SealedValue | null> {
  await beginWriting(tx);
  try {
    return cipher.seal(boundTo(place), `${randomBytes(32).toString('base64')}\n${text}`);
  } catch (error) {
    if (isDomainError(error)) return null;
    throw error;
  }
}

export type SealedAnswerRepository = ReturnType<typeof createSealedAnswerRepository>;

/** The exact words of the models of one workspace, as long as their runs are under way. */
export function createSealedAnswerRepository(database: Database, workspaceId: string, cipher: SecretCipher) {
  async function read(agentRunId: string, indexes: readonly number[]): Promise<Map<number, ExactAnswer>> {
    const rows = await database.ask<SealedRow>(ofSteps, [workspaceId, agentRunId, indexes]);
    return new Map(rows.map(({ index, ...sealed }) => [index, open({ workspaceId, agentRunId, index }, sealed)]));
  }

  /** A secret that was stored since is taken out of it. */
  function open(place: AnswerPlace, sealed: SealedValue): ExactAnswer {
    try {
      const opened = cipher.open(boundTo(place), sealed);
      const end = opened.indexOf('\n');
      const answer = withoutKnownSecrets(JSON.parse(opened.slice(end + 1)) as ModelAnswer);
      return { answer, digestKey: opened.slice(0, end) };
    } catch (error) {
      if (!isDomainError(error)) throw error;
      return { unreadable: `they were kept encrypted, and nothing here opens them (key ${sealed.keyId})` };
    }
  }

  return {
    /** Of those steps of a run that have any. */
    async ofSteps(agentRunId: string, indexes: readonly number[]): Promise<ReadonlyMap<number, ExactAnswer>> {
      const found = await read(agentRunId, indexes);
      // A rotation may have taken a key away since the rows were read: they then have another.
      return [...found.values()].some((one) => 'unreadable' in one) ? read(agentRunId, indexes) : found;
    },

    /**
     * Encrypts with the current key what is encrypted with another, a few rows at a time. What no key opens stays as it is: it
     * goes when its run ends, and holds up nobody.
     */
    async rotate(): Promise<void> {
      let after: Pick<AnswerPlace, 'agentRunId' | 'index'> | undefined = { agentRunId: '', index: 0 };
      while (after) after = await inTransaction(database, rotateAfter(after));
    },
  };

  /** The place of the last row that it took. */
  function rotateAfter(after: Pick<AnswerPlace, 'agentRunId' | 'index'>) {
    return async (tx: Transaction) => {
      await beginWriting(tx);
      const rows = await tx.$queryRaw<(SealedRow & { agentRunId: string })[]>`
        SELECT "agent_run_id" AS "agentRunId", "index", "key_id" AS "keyId", "nonce", "ciphertext" FROM "sealed_answer"
        WHERE "workspace_id" = ${workspaceId} AND "key_id" <> ${cipher.currentKeyId()}
          AND ("agent_run_id", "index") > (${after.agentRunId}, ${after.index})
        ORDER BY "agent_run_id", "index" LIMIT ${rowsAtOnce} FOR UPDATE`;
      for (const { agentRunId, index, ...sealed } of rows) {
        const data = resealed({ workspaceId, agentRunId, index }, sealed);
        if (data) await tx.sealedAnswer.updateMany({ where: { workspaceId, agentRunId, index }, data });
      }
      return rows.at(-1);
    };
  }

  function resealed(place: AnswerPlace, sealed: SealedValue): SealedValue | null {
    try {
      return cipher.seal(boundTo(place), cipher.open(boundTo(place), sealed));
    } catch (error) {
      if (isDomainError(error)) return null;
      throw error;
    }
  }
}
