import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DomainError } from '@fermata/contracts';
import pg from 'pg';
import { sha256 } from './digest-of.js';

/** Both `src` and `dist` lie three folders below the root. */
const committedMigrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** The key under which Prisma's own `migrate` locks, so that the two exclude each other. */
const lockKey = 72707369;

/** As Prisma creates it, so that its CLI can take over. */
const historyTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

export interface MigrateOptions {
  url: string;
  /** Called with the name of each migration before it is applied. */
  onProgress?: (name: string) => void;
  /** Where the migrations are; the committed ones unless told otherwise. */
  folder?: string;
  /** How long to wait for another process that is migrating. */
  lockTimeoutMs?: number;
}

interface Migration {
  name: string;
  sql: string;
  /** SHA-256 of the file, in hex, as Prisma has it. */
  checksum: string;
}

/**
 * Applies the migrations that the database does not have yet, in the order of their names, each in a transaction.
 * Two callers at once are safe: the second waits and finds nothing left to do.
 *
 * @throws DomainError `unavailable`; `conflict` when an applied migration was edited, is unknown here, or was left unfinished;
 * `lock_contention` when another process holds the lock for too long
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.folder ?? committedMigrations);
  const client = await connect(options.url);
  try {
    await lock(client, options.lockTimeoutMs ?? 120_000);
    const applied: string[] = [];
    for (const migration of await outstanding(client, migrations)) {
      options.onProgress?.(migration.name);
      await apply(client, migration);
      applied.push(migration.name);
    }
    return { applied };
  } finally {
    // Ending the session gives the lock back.
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'fermata migrate' });
  try {
    await client.connect();
    return client;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new DomainError('unavailable', `The database cannot be reached: ${reason}`, {}, { cause });
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(`${folder}/${name}/migration.sql`, 'utf8');
      return { name, sql, checksum: sha256(sql) };
    }),
  );
}

async function lock(client: pg.Client, timeoutMs: number): Promise<void> {
  try {
    await client.query(`SELECT set_config('lock_timeout', $1, false)`, [`${timeoutMs}ms`]);
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError) || cause.code !== '55P03') throw cause;
    const message = `Another process has been migrating this database for more than ${timeoutMs} ms. Wait for it to end, or end it, and start again.`;
    throw new DomainError('lock_contention', message, { timeoutMs }, { cause });
  }
}

/** What is still to be applied, after proof that what was applied is what we have. */
async function outstanding(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  await client.query(historyTable);
  const { rows } = await client.query<{ name: string; checksum: string; finished: boolean }>(
    `SELECT "migration_name" AS name, "checksum", "finished_at" IS NOT NULL AS finished
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  for (const row of rows) refuseUnlike(row, migrations);
  return migrations.filter(({ name }) => !rows.some((row) => row.name === name));
}

function refuseUnlike(row: { name: string; checksum: string; finished: boolean }, migrations: readonly Migration[]) {
  const ours = migrations.find(({ name }) => name === row.name);
  const problem = !ours
    ? 'was applied by another version of Fermata. Start that version, or use another database.'
    : !row.finished
      ? 'was begun by other means and never finished. Resolve it with "prisma migrate resolve", or restore a backup.'
      : ours.checksum !== row.checksum
        ? 'was edited after it had been applied. Put the file back as it was, and make the change in a new migration.'
        : null;
  if (problem) throw new DomainError('conflict', `Migration ${row.name} ${problem}`, { migration: row.name });
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query(
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count")
       VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name, startedAt],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError(
      'internal',
      `Migration ${name} failed and was undone: ${reason}`,
      { migration: name },
      { cause },
    );
  }
}
