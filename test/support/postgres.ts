import { randomUUID } from 'node:crypto';
import { createDatabase, createPrincipal, createWorkspace, type Database } from '@fermata/database';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { databaseUrl } from './postgres.setup.js';

export interface TestDatabase {
  url: string;
  database: Database;
  /** The server's first user, outside the pool under test: to break connections and to alter rows by hand. */
  admin: pg.Client;
}

export interface TestWorkspace {
  workspaceId: string;
  principalId: string;
}

/**
 * A migrated, empty database for this test file, and a connection to it. Call it at the top of a `describe` or file.
 * @returns a holder whose members are there once the hooks have run
 */
export function useDatabase({ empty = false, poolSize = 10 } = {}): TestDatabase {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const held = {} as TestDatabase;
  beforeAll(async () => {
    await asAdmin((admin) => admin.query(`CREATE DATABASE "${name}" ${empty ? '' : 'TEMPLATE template'}`));
    held.url = databaseUrl(inject('postgresPort'), name);
    held.database = createDatabase({ url: held.url, poolSize });
    held.admin = new pg.Client({ connectionString: held.url });
    await held.admin.connect();
  });
  afterAll(async () => {
    await held.admin.end();
    await held.database.close();
    await asAdmin((admin) => admin.query(`DROP DATABASE "${name}" WITH (FORCE)`));
  });
  return held;
}

/** A new workspace with one principal in it. */
export async function makeWorkspace(database: Database, name = 'workspace'): Promise<TestWorkspace> {
  const workspaceId = await createWorkspace(database, { name });
  const principalId = await createPrincipal(database, { workspaceId, kind: 'person', name: 'somebody' });
  return { workspaceId, principalId };
}

async function asAdmin(work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: databaseUrl(inject('postgresPort'), 'postgres') });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
