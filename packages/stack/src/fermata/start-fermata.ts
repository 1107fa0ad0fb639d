import { join } from 'node:path';
import type { DataDirectory } from '../data-directory.js';
import type { StackHolder } from '../stack-holder.js';
import type { Stack, StackOptions, StackStep } from '../stack.js';
import { openStack } from '../start-stack.js';
import { type Service, startService } from './fermata-service.js';
import { programs } from './programs.js';
import { setUp } from './set-up.js';

export interface FermataOptions extends StackOptions {
  /** What API and worker are told besides where things are: provider keys, limits. Undefined members are left out. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** A running Fermata: the stack below, the API and a worker, all watched. */
export interface Fermata {
  stack: Stack;
  apiUrl: string;
  /** Of the first workspace's admin; also in the data directory, mode 0600. */
  token: string;
  readonly pids: { postgres?: number; temporal?: number; api?: number; worker?: number };
  /** Ends worker, API and stack in this order and waits for each. */
  stop(): Promise<void>;
}

/** Where the admin token of a data directory is kept. */
export function tokenFileIn(dataDir: string): string {
  return join(dataDir, 'token');
}

/** Where the keys are kept that stored secrets are encrypted with, unless the environment has them. */
const secretKeysFileIn = (dataDir: string): string => join(dataDir, 'secret-keys.json');

/**
 * Starts everything a user needs, on loopback, under one data directory. A process that dies is started again.
 *
 * @throws what `startStack` throws; DomainError `unavailable` when the database cannot be set up
 */
export async function startFermata(options: FermataOptions): Promise<Fermata> {
  const { stack, holder, directory } = await openStack(options);
  const services: Service[] = [];
  const stop = async (): Promise<void> => {
    // The last one started is the first to end, so that nothing works on what is gone.
    for (const { server } of [...services].reverse()) await server.stop();
    await stack.stop();
  };
  try {
    const env = environmentFor(options, stack, directory);
    const token = await firstToken(options, { env, directory });
    const [api, worker] = await startServices(options, { env, directory, holder, services });
    return {
      stack,
      apiUrl: api.url,
      token,
      get pids() {
        const [apiPid, workerPid] = [api.server.pid, worker.server.pid];
        return { ...stack.pids, ...(apiPid && { api: apiPid }), ...(workerPid && { worker: workerPid }) };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Surroundings {
  env: Record<string, string>;
  directory: DataDirectory;
}

function environmentFor(
  { environment }: FermataOptions,
  stack: Stack,
  directory: DataDirectory,
): Record<string, string> {
  const given = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    FERMATA_SECRET_KEYS_FILE: secretKeysFileIn(directory.root),
    ...Object.fromEntries(given),
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.temporalNamespace,
    FERMATA_DATA_DIR: join(directory.root, 'work'),
    // Nothing of it is shown to what agents run.
    FERMATA_HOME: directory.root,
    FERMATA_ENDS_WITH_STDIN: '1',
  };
}

async function firstToken(options: FermataOptions, { env, directory }: Surroundings): Promise<string> {
  const report = options.onProgress ?? (() => undefined);
  const startedAt = performance.now();
  report({ part: 'setup', state: 'starting', detail: 'bringing the database up to date' });
  const token = await setUp(programs.setup, { env, tokenFile: tokenFileIn(directory.root) });
  report({
    part: 'setup',
    state: 'ready',
    detail: 'the database is up to date',
    elapsedMs: Math.round(performance.now() - startedAt),
  });
  return token;
}

async function startServices(
  options: FermataOptions,
  { env, directory, holder, services }: Surroundings & { holder: StackHolder; services: Service[] },
): Promise<[Service, Service]> {
  const onProgress = options.onProgress ?? ((_step: StackStep) => undefined);
  const { signal, ports } = options;
  const start = async (service: { part: 'api' | 'worker'; portVariable: string; port?: number | undefined }) => {
    const program = programs[service.part];
    const started = await startService({ ...service, program, env, onProgress, signal }, directory, holder);
    services.push(started);
    return started;
  };
  const results = await Promise.allSettled([
    start({ part: 'api', portVariable: 'FERMATA_API_PORT', port: ports?.api }),
    start({ part: 'worker', portVariable: 'FERMATA_WORKER_PORT' }),
  ]);
  const [api, worker] = results;
  if (api.status === 'fulfilled' && worker.status === 'fulfilled') return [api.value, worker.value];
  throw (results.find((result) => result.status === 'rejected') as PromiseRejectedResult).reason;
}
