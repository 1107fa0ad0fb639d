import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.js';
import { translateDriverError } from './driver-errors.js';
import { type AskPrepared, createAskPrepared } from './prepared-statement.js';
import { storable } from './storable.js';

/** What runs inside one transaction: every model delegate and raw SQL, nothing that opens or closes. */
export type Transaction = Prisma.TransactionClient;

/** The database of every workspace. A `Database` does wherever a `Transaction` is asked for, each statement by itself. */
export type Database = Omit<PrismaClient, '$connect' | '$disconnect' | '$on' | '$extends'> & {
  ask: AskPrepared;
  /** Ends every connection. Nothing may be asked of the database afterwards. */
  close(): Promise<void>;
};

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/name` */
  url: string;
  /** Connections held at most; more work than that waits. */
  poolSize?: number;
  /** The server gives a statement up after this long. */
  statementTimeoutMs?: number;
}

/**
 * Opens a pool of connections; the first is made when it is needed.
 *
 * Sessions run in UTC whatever the server's zone is, because the driver reads and writes times without an offset.
 * Transactions are read committed whatever the server's default is.
 * Text that Postgres cannot hold is made storable on its way in (see `storable`).
 */
export function createDatabase({ url, poolSize = 10, statementTimeoutMs = 30_000 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: '-c TimeZone=UTC -c default_transaction_isolation=read\\ committed',
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    connectionTimeoutMillis: 15_000,
    application_name: 'fermata',
  });
  // An error of an idle connection is not an event of ours: the pool drops it and makes another.
  pool.on('error', () => undefined);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' });
  const extended = prisma.$extends({
    query: {
      $allOperations: ({ model, args, query }) =>
        query(model === undefined ? args : storable(args)).catch((error: unknown) => {
          throw translateDriverError(error);
        }),
    },
    client: {
      ask: createAskPrepared(pool),
      async close() {
        await prisma.$disconnect();
        await pool.end();
      },
    },
  });
  // The extension changes arguments and errors only, so the client is still what the generated type says.
  return extended as unknown as Database;
}
