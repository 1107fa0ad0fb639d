import type { Database, Transaction } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import type { OrderGiver } from '../orders/order-giver.js';
import { type SecretKeyRing, withNewKey } from './key-ring.js';
import { createSealedAnswerRepository } from './sealed-answer.repository.js';
import { createSecretCipher } from './secret-cipher.js';
import { createSecretRepository } from './secret.repository.js';

export interface SecretsRotated {
  /** The key that encrypts from now on. */
  keyId: string;
  /** How many secrets of the workspace it has now that had another before. */
  rotated: number;
  /** Keys that nothing of any workspace needs any more: out of the file, or to be taken out of the setting. */
  retiredKeyIds: string[];
}

/**
 * Gives the secrets of a workspace, and the sealed answers of its models, another key: a new one where the keys are in a file, otherwise the first of the setting.
 * Cut short at any point nothing is lost, for a key stays until no row has it; calling it again does the rest.
 *
 * @throws DomainError `secrets_unavailable` without keys, when their file cannot be written, or for a secret that no key opens
 */
export async function rotateSecrets(
  database: Database,
  by: OrderGiver,
  keyRing: SecretKeyRing,
): Promise<SecretsRotated> {
  const { write } = keyRing;
  if (write) await withKeysHeld(database, async () => write(withNewKey(keyRing.read())));
  const cipher = createSecretCipher(keyRing);
  const secrets = createSecretRepository(database, by.workspaceId, cipher);
  const rotated = await secrets.rotate({ rotatedBy: by.principalId });
  await createSealedAnswerRepository(database, by.workspaceId, cipher).rotate();
  return withKeysHeld(database, async (tx) => {
    const [current, ...others] = keyRing.read();
    const needed = await keyIdsInUse(tx);
    const retiredKeyIds = others.map(({ id }) => id).filter((id) => !needed.has(id));
    if (write && retiredKeyIds.length > 0) write([current, ...others.filter(({ id }) => needed.has(id))]);
    return { keyId: current.id, rotated, retiredKeyIds };
  });
}

/** One after the other, over all processes, and while nobody writes a secret. Reading goes on. */
function withKeysHeld<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return inTransaction(database, async (tx) => {
    await tx.$executeRaw`LOCK TABLE "secret" IN EXCLUSIVE MODE`;
    return work(tx);
  });
}

/** Of every workspace: the keys are the installation's. */
async function keyIdsInUse(tx: Transaction): Promise<ReadonlySet<string>> {
  const keys = { distinct: 'keyId', select: { keyId: true } } as const;
  const rows = [...(await tx.secret.findMany(keys)), ...(await tx.sealedAnswer.findMany(keys))];
  return new Set(rows.map(({ keyId }) => keyId));
}
