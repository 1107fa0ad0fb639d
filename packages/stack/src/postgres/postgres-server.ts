import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import pg from 'pg';
import type { DataDirectory } from '../data-directory.js';
import { endOrphans, postmasterFileMisleads } from '../processes/end-orphans.js';
import { endings } from '../processes/end-process.mjs';
import type { ServerSpec } from '../service/supervised-server.js';
import { type Cluster, clusterArgument, superuser } from './cluster.js';

/** Loopback TCP only: no socket file, so no limit on the length of the path of the data directory. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // Our statements are short: compiling one would take longer than running it.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/** How to run `cluster` on `port`. The caller adds what it wants to hear. */
export function postgresServer(
  cluster: Cluster,
  port: number,
  directory: DataDirectory,
): Omit<ServerSpec, 'onProcess' | 'onProgress'> {
  const url = postgresUrl(cluster, port, 'postgres');
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return {
    part: 'postgres',
    address: `127.0.0.1:${port}`,
    dataPath: cluster.path,
    command: {
      program: join(cluster.native, 'bin', 'postgres'),
      args: ['-D', clusterArgument(cluster), '-p', String(port), ...flags],
      cwd: cluster.path,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      user: cluster.user,
      logFile: join(directory.logs, 'postgres.log'),
    },
    ending: endings.postgres,
    beforeStart: async () => {
      await endOrphans(directory, 'postgres');
      if (postmasterFileMisleads(directory)) await rm(join(cluster.path, 'postmaster.pid'), { force: true });
    },
    isReady: () => isReady(url, directory),
    answers: () => answers(url),
  };
}

/** Connection string of one database on the embedded server. */
export function postgresUrl(cluster: Cluster, port: number, database: string): string {
  return `postgresql://${superuser}:${cluster.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** @throws DomainError `data_directory_unusable` */
async function isReady(url: string, directory: DataDirectory): Promise<boolean> {
  try {
    await ask(url);
    return true;
  } catch (error) {
    // 28P01: invalid_password (PostgreSQL, Appendix A. Error Codes). It will not get better.
    if (error instanceof Error && 'code' in error && error.code === '28P01') {
      throw new DomainError(
        'data_directory_unusable',
        `The Postgres data in ${directory.cluster} has another password than ${directory.postgresPassword} says. Restore that file, or move both away to begin with an empty database.`,
        { path: directory.cluster },
        { cause: error },
      );
    }
    return false;
  }
}

/** A server that has no connection left, or is just recovering, says so: it does not hang. */
async function answers(url: string): Promise<boolean> {
  return ask(url).then(
    () => true,
    (error: unknown) => error instanceof pg.DatabaseError,
  );
}

async function ask(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 4_000, query_timeout: 4_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    // Not waited for: one that hangs does not say good-bye either.
    void client.end().catch(() => undefined);
  }
}
