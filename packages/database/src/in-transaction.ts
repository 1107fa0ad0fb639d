import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Transaction } from './client.js';
import { lostAgainstAnother, translateDriverError } from './driver-errors.js';

const maxTries = 6;
const longestMs = 30_000;

/**
 * Runs `work` in one read-committed transaction: all of it or nothing.
 *
 * A transaction that lost against another (deadlock, serialization failure) is run again a few times, so `work`
 * must do nothing outside the database. Writes lock rows in this order: the health of a model's provider, the rows of the
 * change, budgets by id, and the ledger (`recordChange`) last.
 *
 * @throws whatever `work` throws; DomainError `unavailable`, `timeout` or `lock_contention` when it is the database's
 * fault. After `unavailable` the commit may or may not have happened: the caller must be safe to repeat.
 */
export function inTransaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return retryWhenLost(() => runOnce(database, work));
}

/** Runs again what was undone because it lost against another: a transaction, or a statement that is one by itself. */
export async function retryWhenLost<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= maxTries || !lostAgainstAnother(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
}

async function runOnce<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let thrownByWork: unknown;
  const watched = (tx: Transaction) =>
    work(tx).catch((error: unknown) => {
      thrownByWork = error;
      throw error;
    });
  try {
    // The isolation is that of the session (client.ts): to name it here would be one more round trip each time.
    return await database.$transaction(watched, { maxWait: longestMs, timeout: longestMs });
  } catch (error) {
    // Anything else comes from beginning or committing.
    throw error === thrownByWork ? error : translateDriverError(error);
  }
}
