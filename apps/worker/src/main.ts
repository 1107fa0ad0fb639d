/**
 * The worker process: composition root of everything that touches the world.
 *
 * Two workers share it: one on the main queue, for workflows and work that any host can do, one on this host's own queue,
 * for work that needs its worktrees.
 */
import { join } from 'node:path';
import {
  type ActivityDeps,
  BackgroundCheckpoints,
  createGatewayPorts,
  createWorkspaceProviders,
  RunningSegments,
  type WorkspaceProviders,
} from '@fermata/activities';
import { DomainError, isDomainError } from '@fermata/contracts';
import { type Gateway, startGateway } from '@fermata/core/gateway';
import { createGit } from '@fermata/core/git';
import { McpSessions } from '@fermata/core/mcp';
import { chooseUpstream } from '@fermata/core/models';
import { createPolicyEngine } from '@fermata/core/policy';
import { endMarkedProcesses, installProcessHost } from '@fermata/core/processes';
import { createBackgroundProcesses } from '@fermata/core/tools';
import {
  BlobCache,
  createDatabase,
  createHostRepository,
  createLocator,
  createSecretCipher,
  type Database,
  openKeyRing,
} from '@fermata/database';
import { acquireLock } from '@fermata/stack';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import { circuitLimits, loadWorkerConfig, processEnvironment, type WorkerConfig } from './config.js';
import { endLeftPrograms } from './end-left-programs.js';
import { ensureDefaultAgents } from './default-agents.js';
import { endWithStdin } from './end-with-stdin.js';
import { startHealthServer } from './health-server.js';
import { installRedaction, keepRedactionCurrent, redactedLines } from './redaction.js';
import { hostId as readHostId } from './host-id.js';
import { catalogueOf, createModelDirectory, providerSettings } from './model-directory.js';
import { createRunNudger } from './run-nudger.js';
import { openSandboxes } from './open-sandboxes.js';
import { startSignsOfLife } from './signs-of-life.js';
import { createWorkers } from './start-workers.js';
import { ensureSweepSchedule } from './sweep-schedule.js';
import { createTelemetry } from './telemetry.js';

/** What cancelled activities have, after the grace, to put their work down. */
const lastWordsMs = 10_000;

/** Of text that runs at work read again and again: 64 MiB at two bytes each. */
const cachedCharacters = 32 * 1024 * 1024;

/** Models that think send pings meanwhile. */
const modelSilentAfterMs = 20_000;
/** What an agent has left running, and never ended, is ended after so long. */
const backgroundLifetimeMs = 60 * 60_000;

async function main(): Promise<void> {
  const config = loadWorkerConfig();
  const catalogue = catalogueOf(config);
  const providers = providerSettings(config, catalogue);
  installRedaction(config);
  const keyRing = openKeyRing({ list: config.FERMATA_SECRET_KEYS, file: config.FERMATA_SECRET_KEYS_FILE });
  const options = { level: config.LOG_LEVEL, base: { app: 'worker' }, hooks: redactedLines };
  const logger = pino(options, pino.destination(2));
  installRuntime(logger);
  if (config.FERMATA_ENDS_WITH_STDIN === '1') endWithStdin(config.FERMATA_SHUTDOWN_GRACE_MS + lastWordsMs);
  const hostId = await takeHost(config, logger);
  const processHost = installProcessHost();
  const git = createGit({ dataDir: config.FERMATA_DATA_DIR, env: processEnvironment() });
  const sandboxes = await openSandboxes(config, { git, hostId, logger });

  const address = config.TEMPORAL_ADDRESS;
  const connection = await NativeConnection.connect({ address });
  const client = new Client({
    connection: await Connection.connect({ address }),
    namespace: config.TEMPORAL_NAMESPACE,
  });
  const database = createDatabase({ url: config.DATABASE_URL, poolSize: config.FERMATA_DATABASE_POOL });
  const telemetry = createTelemetry(config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const segments = new RunningSegments();
  const cipher = createSecretCipher(keyRing);
  const providersFor = createWorkspaceProviders({ database, settings: providers, cipher });
  const gateway = await openGateway(config, { database, segments, providersFor, logger });
  const shared = { hostId, git, sandboxes, segments, gateway, database, cipher, catalogue };
  const deps = depsOf(config, { ...shared, client, providersFor });
  const workers = await createWorkers(config, { connection, telemetry, deps, logger });

  await ensureDefaultAgents(database, providers, logger);
  await ensureSweepSchedule(client, { hostId, everyMs: config.FERMATA_SWEEP_INTERVAL_MS });
  const self = { id: hostId, containment: sandboxes.containment };
  const signs = await startSignsOfLife(createHostRepository(database), self, logger);
  const stopLooking = endLeftPrograms(deps.background, database, logger);
  const stopRedacting = await keepRedactionCurrent({ config, database, cipher, logger });
  const health = await startHealthServer({ host: config.FERMATA_WORKER_HOST, port: config.FERMATA_WORKER_PORT });
  process.stdout.write(`${JSON.stringify({ ready: true, hostId, port: health.port })}\n`);
  logger.info({ hostId, port: health.port }, 'worker is ready');
  try {
    await runAll(workers);
  } finally {
    stopLooking();
    stopRedacting();
    await deps.background.close();
    await deps.checkpoints.idle();
    await deps.mcpSessions.close();
    processHost.close();
    await signs.stop();
    await Promise.allSettled([gateway.close(), sandboxes.close()]);
    await Promise.allSettled([health.close(), telemetry.shutdown(), database.close()]);
    await Promise.allSettled([client.connection.close(), connection.close()]);
    logger.info({ hostId }, 'worker has stopped');
  }
}

function installRuntime(logger: Logger): void {
  const write = new DefaultLogger('WARN', ({ level, message, meta }) => {
    logger[level === 'ERROR' ? 'error' : 'warn']({ component: meta?.['sdkComponent'] }, message);
  });
  Runtime.install({ logger: write, shutdownSignals: ['SIGINT', 'SIGTERM'] });
}

/** One worker for each data directory: what it finds running there is left from an earlier one, and its own to end. */
async function takeHost({ FERMATA_DATA_DIR: dataDir }: WorkerConfig, logger: Logger): Promise<string> {
  const attempt = await acquireLock(join(dataDir, 'worker-lock'));
  if (!attempt.acquired) {
    const { pid } = attempt.holder;
    const message = `A worker (process ${pid}) uses ${dataDir} already. Give this one a FERMATA_DATA_DIR of its own.`;
    throw new DomainError('conflict', message, { pid });
  }
  const hostId = await readHostId(dataDir);
  const ended = await endMarkedProcesses('FERMATA_HOST', hostId);
  if (ended > 0) logger.warn({ ended, hostId }, 'ended processes of an earlier worker');
  return hostId;
}

/** Where agents that are not ours ask models: it lends them the keys, and holds and books their money. */
function openGateway(
  config: WorkerConfig,
  {
    logger,
    providersFor,
    ...known
  }: { database: Database; segments: RunningSegments; providersFor: WorkspaceProviders; logger: Logger },
): Promise<Gateway> {
  const ports = createGatewayPorts({
    ...known,
    upstreamOf: async ({ workspaceId }, wanted) =>
      chooseUpstream(wanted, await providersFor(workspaceId, wanted.model)),
    circuit: circuitLimits(config),
    onFailure: (doing, error) => logger.error({ doing, err: error }, 'the model gateway failed'),
  });
  return startGateway({ ports, port: config.FERMATA_GATEWAY_PORT });
}

type Parts = Pick<
  ActivityDeps,
  'hostId' | 'git' | 'sandboxes' | 'segments' | 'gateway' | 'database' | 'cipher' | 'catalogue'
> & {
  client: Client;
  providersFor: WorkspaceProviders;
};

function depsOf(config: WorkerConfig, { client, providersFor, ...parts }: Parts): ActivityDeps {
  return {
    ...parts,
    locate: createLocator(parts.database),
    blobCache: new BlobCache(cachedCharacters),
    checkpoints: new BackgroundCheckpoints(),
    background: createBackgroundProcesses({ lifetimeMs: backgroundLifetimeMs }),
    policy: createPolicyEngine(),
    home: processEnvironment()['HOME'] ?? '/',
    modelNamed: createModelDirectory(providersFor),
    mcpSessions: new McpSessions(),
    agentsDirs: [config.FERMATA_AGENTS_DIR ?? join(config.FERMATA_HOME ?? config.FERMATA_DATA_DIR, 'agents')],
    allowsOwnLogin: config.FERMATA_ALLOW_OWN_LOGIN === 'true',
    nudger: createRunNudger(client),
    limits: {
      maxRepairRounds: config.FERMATA_MAX_REPAIR_ROUNDS,
      maxReviewRounds: config.FERMATA_MAX_REVIEW_ROUNDS,
      questionExpiresInMs: config.FERMATA_QUESTION_EXPIRES_MS,
      modelSilentAfterMs,
      circuit: circuitLimits(config),
      toolOutputBytes: config.FERMATA_TOOL_OUTPUT_BYTES,
      setupTimeoutMs: config.FERMATA_SETUP_TIMEOUT_MS,
    },
  };
}

/** When one worker fails the other is ended too: half a host would leave work waiting for ever. */
async function runAll(workers: readonly Worker[]): Promise<void> {
  const stopOthers = (): void =>
    workers.filter((worker) => worker.getState() === 'RUNNING').forEach((worker) => worker.shutdown());
  await Promise.all(
    workers.map((worker) =>
      worker.run().catch((error: unknown) => {
        stopOthers();
        throw error;
      }),
    ),
  );
}

main().catch((error: unknown) => {
  const stack = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`worker: ${isDomainError(error) ? error.message : (stack ?? String(error))}\n`);
  process.exitCode = 1;
});
