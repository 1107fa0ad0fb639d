import type { Transaction } from '../client.js';

/**
 * Before the keys are read: until the commit nobody takes away the key that a row is about to be written with
 * (`rotateSecrets`, whose lock of the table conflicts with this one).
 */
export async function beginWriting(tx: Transaction): Promise<void> {
  await tx.$executeRaw`LOCK TABLE "secret" IN ROW EXCLUSIVE MODE`;
}
