/**
 * The worker process: composition root of everything that touches the world.
 *
 * Two workers share it: one on the main queue, for workflows and work that any host can do, one on this host's own queue,
 * for work that needs its worktrees.
 */
import { createActivities } from '@fermata/activities';
import { DomainError, hostQueue, isDomainError, mainQueue } from '@fermata/contracts';
import { createGit } from '@fermata/core/git';
import { endMarkedProcesses, scrubbedEnvironment } from '@fermata/core/processes';
import { createDatabase, createLocator } from '@fermata/database';
import { acquireLock } from '@fermata/stack';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { join } from 'node:path';
import { pino } from 'pino';
import { createActivityInterceptor } from './activity-interceptor.js';
import { loadWorkerConfig, processEnvironment, type WorkerConfig } from './config.js';
import { ensureDefaultAgents } from './default-agents.js';
import { endWithStdin } from './end-with-stdin.js';
import { startHealthServer } from './health-server.js';
import { hostId as readHostId } from './host-id.js';
import { createModelDirectory } from './model-directory.js';
import { createRunNudger } from './run-nudger.js';
import { ensureSweepSchedule } from './sweep-schedule.js';
import { createTelemetry } from './telemetry.js';
import { workflowBundle } from './workflow-bundle.js';

/** One worker for each data directory: what it finds running there is its own to end. */
async function holdDataDirectory(dataDir: string): Promise<void> {
  const attempt = await acquireLock(join(dataDir, 'worker-lock'));
  if (attempt.acquired) return;
  const { pid } = attempt.holder;
  throw new DomainError('conflict', `A worker (process ${pid}) uses ${dataDir} already. Give this one a FERMATA_DATA_DIR of its own.`, { pid });
}

async function main(): Promise<void> {
  const config = loadWorkerConfig();
  const logger = pino({ level: config.LOG_LEVEL, base: { app: 'worker' } }, pino.destination(2));
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => logger[level === 'ERROR' ? 'error' : 'warn']({ meta: meta?.['sdkComponent'] }, message)),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
  if (config.FERMATA_ENDS_WITH_STDIN === '1') endWithStdin();
  await holdDataDirectory(config.FERMATA_DATA_DIR);
  const hostId = await readHostId(config.FERMATA_DATA_DIR);
  // What an earlier worker of this host started and did not live to end.
  const ended = await endMarkedProcesses('FERMATA_HOST', hostId);
  if (ended > 0) logger.warn({ ended, hostId }, 'ended processes of an earlier worker');

  const bundle = await workflowBundle();
  const address = config.TEMPORAL_ADDRESS;
  const namespace = config.TEMPORAL_NAMESPACE;
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const database = createDatabase({ url: config.DATABASE_URL, poolSize: config.FERMATA_DATABASE_POOL });
  const telemetry = createTelemetry(config.OTEL_EXPORTER_OTLP_ENDPOINT);
  const activities = createActivities({
    database,
    locate: createLocator(database),
    hostId,
    git: createGit({ dataDir: config.FERMATA_DATA_DIR, env: processEnvironment() }),
    environment: scrubbedEnvironment(processEnvironment(), { FERMATA_HOST: hostId }),
    modelNamed: createModelDirectory(config),
    nudger: createRunNudger(client),
    limits: limitsOf(config),
  });
  const shared = {
    connection,
    namespace,
    activities,
    plugins: [telemetry.plugin],
    interceptors: { activity: [createActivityInterceptor(logger)] },
    maxHeartbeatThrottleInterval: 3_000,
    shutdownGraceTime: config.FERMATA_SHUTDOWN_GRACE_MS,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: mainQueue,
      workflowBundle: bundle,
      maxCachedWorkflows: config.FERMATA_CACHED_WORKFLOWS,
      maxConcurrentActivityTaskExecutions: config.FERMATA_MODEL_CALLS_AT_ONCE,
    }),
    Worker.create({ ...shared, taskQueue: hostQueue(hostId), maxConcurrentActivityTaskExecutions: config.FERMATA_TOOLS_AT_ONCE }),
  ]);
  await ensureDefaultAgents(database, config, logger);
  await ensureSweepSchedule(client, { hostId, everyMs: config.FERMATA_SWEEP_INTERVAL_MS });
  const health = await startHealthServer({ host: config.FERMATA_WORKER_HOST, port: config.FERMATA_WORKER_PORT });
  process.stdout.write(`${JSON.stringify({ ready: true, hostId, port: health.port })}\n`);
  logger.info({ hostId, namespace }, 'worker is ready');
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    await Promise.allSettled([health.close(), telemetry.shutdown(), client.connection.close(), connection.close(), database.close()]);
    logger.info({ hostId }, 'worker has stopped');
  }
}

function limitsOf(config: WorkerConfig) {
  return {
    maxRepairRounds: config.FERMATA_MAX_REPAIR_ROUNDS,
    maxReviewRounds: config.FERMATA_MAX_REVIEW_ROUNDS,
    questionExpiresInMs: config.FERMATA_QUESTION_EXPIRES_MS,
    toolOutputBytes: config.FERMATA_TOOL_OUTPUT_BYTES,
    setupTimeoutMs: config.FERMATA_SETUP_TIMEOUT_MS,
  };
}

main().catch((error: unknown) => {
  const message = isDomainError(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`worker: ${message}\n`);
  process.exitCode = 1;
});
