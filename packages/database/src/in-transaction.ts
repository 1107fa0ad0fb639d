import { setTimeout as sleep } from 'node:timers/promises';
import { Prisma } from './generated/client.js';
import type { Database, Transaction } from './client.js';

const maxTries = 6;
const longestMs = 30_000;

/**
 * Runs `work` in one read-committed transaction: all of it or nothing.
 *
 * A transaction that lost against another (deadlock, serialization failure) is run again a few times, so `work`
 * must do nothing outside the database. Writes lock rows in this order: the rows of the change, budgets by id, and
 * the ledger (`recordChange`) last.
 */
export async function inTransaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.$transaction(work, {
        isolationLevel: 'ReadCommitted',
        maxWait: longestMs,
        timeout: longestMs,
      });
    } catch (error) {
      if (tries >= maxTries || !lostAgainstAnother(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
}

/** P2034: Prisma's code for 40001 and 40P01. Raw SQL reports the same as P2010 with the server's code inside. */
function lostAgainstAnother(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2034' || (error.code === 'P2010' && /\b(40001|40P01)\b/.test(JSON.stringify(error.meta)));
}
