import { checkGivenPostgres, checkGivenTemporal } from './check-given-servers.js';
import { type DataDirectory, prepareDataDirectory } from './data-directory.js';
import { type EmbeddedPostgres, startPostgres } from './postgres/embedded-postgres.js';
import { requireFreePort } from './free-port.js';
import { endLeftServices } from './processes/end-orphans.js';
import { holdDataDirectory, type StackHolder } from './stack-holder.js';
import type { Stack, StackOptions } from './stack.js';
import { type EmbeddedTemporal, startTemporal } from './temporal/embedded-temporal.js';

type Options = StackOptions & { temporalNamespace: string };

interface Parts {
  postgres: EmbeddedPostgres | null;
  temporal: EmbeddedTemporal | null;
}

/**
 * Starts what a Fermata needs below it, on loopback: Postgres and Temporal, each embedded unless its address is given.
 * What an unorderly end of an earlier stack left behind is put in order first. Servers that die are started again.
 * @throws DomainError `conflict` (another stack holds the data directory), `data_directory_unusable`, `disk_full`,
 * `port_taken`, `missing_program`, `unavailable`, `not_found`, `timeout`; the signal's reason when aborted
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  return (await openStack(given)).stack;
}

/** A stack with what more is needed to run something on it. */
export interface OpenStack {
  stack: Stack;
  holder: StackHolder;
  directory: DataDirectory;
}

/** As `startStack`, for what runs on the stack and shares its record. */
export async function openStack(given: StackOptions): Promise<OpenStack> {
  const options: Options = { ...given, temporalNamespace: given.temporalNamespace ?? 'fermata' };
  const directory = await prepareDataDirectory(options.dataDir);
  const holder = await holdDataDirectory(directory);
  try {
    options.signal?.throwIfAborted();
    await endLeftServices(holder, options.onProgress ?? (() => undefined));
    // The last to start: a port that it cannot have would be found when all the others run.
    if (options.ports?.api !== undefined) await requireFreePort('api', options.ports.api);
    const stack = createStack(options, holder, await startParts(options, directory, holder));
    return { stack, holder, directory };
  } catch (error) {
    await holder.release();
    throw error;
  }
}

/** Both at once. When one fails the other is ended too, and the first failure is the one reported. */
async function startParts(options: Options, directory: DataDirectory, holder: StackHolder): Promise<Parts> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const part = async <T>(start: () => Promise<T>): Promise<T> => {
    try {
      return await start();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const [postgres, temporal] = await Promise.allSettled([
    part(() => postgresPart({ ...options, signal }, directory, holder)),
    part(() => temporalPart({ ...options, signal }, directory, holder)),
  ]);
  if (postgres.status === 'fulfilled' && temporal.status === 'fulfilled')
    return { postgres: postgres.value, temporal: temporal.value };
  if (temporal.status === 'fulfilled') await temporal.value?.server.stop();
  if (postgres.status === 'fulfilled') await postgres.value?.server.stop();
  throw signal.reason;
}

async function postgresPart(
  options: Options,
  directory: DataDirectory,
  holder: StackHolder,
): Promise<EmbeddedPostgres | null> {
  if (options.databaseUrl === undefined) return startPostgres(options, directory, holder);
  await checkGivenPostgres(options.databaseUrl);
  return null;
}

async function temporalPart(
  options: Options,
  directory: DataDirectory,
  holder: StackHolder,
): Promise<EmbeddedTemporal | null> {
  if (options.temporalAddress === undefined) return startTemporal(options, directory, holder);
  await checkGivenTemporal(options.temporalAddress, options.temporalNamespace);
  return null;
}

function createStack(options: Options, holder: StackHolder, { postgres, temporal }: Parts): Stack {
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    // Temporal first: nothing may be told to work on a database that is gone.
    try {
      await temporal?.server.stop();
      await postgres?.server.stop();
    } finally {
      await holder.release();
    }
  };
  return {
    databaseUrl: postgres?.databaseUrl ?? options.databaseUrl ?? '',
    temporalAddress: temporal?.temporalAddress ?? options.temporalAddress ?? '',
    temporalNamespace: options.temporalNamespace,
    temporalUiUrl: temporal?.temporalUiUrl ?? null,
    get pids() {
      const pids = { postgres: postgres?.server.pid, temporal: temporal?.server.pid };
      return { ...(pids.postgres && { postgres: pids.postgres }), ...(pids.temporal && { temporal: pids.temporal }) };
    },
    stop: () => (stopped ??= stop()),
  };
}
