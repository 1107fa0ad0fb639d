/**
 * The worker process: composition root of everything that touches the world.
 *
 * Two workers share it: one on the main queue, for workflows and work that any host can do, one on this host's own queue,
 * for work that needs its worktrees.
 */
import { createActivities } from '@fermata/activities';
import { hostQueue, isDomainError, mainQueue } from '@fermata/contracts';
import { createGit } from '@fermata/core/git';
import { endMarkedProcesses, scrubbedEnvironment } from '@fermata/core/processes';
import { createDatabase, createLocator } from '@fermata/database';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { createActivityInterceptor } from './activity-interceptor.js';
import { loadWorkerConfig, processEnvironment, type WorkerConfig } from './config.js';
import { hostId as readHostId } from './host-id.js';
import { createModelDirectory } from './model-directory.js';
import { createRunNudger } from './run-nudger.js';
import { ensureSweepSchedule } from './sweep-schedule.js';
import { createTelemetry } from './telemetry.js';
import { workflowBundle } from './workflow-bundle.js';

async function main(): Promise<void> {
  const config = loadWorkerConfig();
  const logger = pino({ level: config.LOG_LEVEL, base: { app: 'worker' } }, pino.destination(2));
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => logger[level === 'ERROR' ? 'error' : 'warn']({ meta: meta?.['sdkComponent'] }, message)),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
  });
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
  await ensureSweepSchedule(client, { hostId, everyMs: config.FERMATA_SWEEP_INTERVAL_MS });
  process.stdout.write(`${JSON.stringify({ ready: true, hostId, pid: process.pid })}\n`);
  logger.info({ hostId, namespace }, 'worker is ready');
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    await Promise.allSettled([telemetry.shutdown(), client.connection.close(), connection.close(), database.close()]);
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
