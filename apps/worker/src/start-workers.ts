import { type ActivityDeps, createActivities } from '@fermata/activities';
import { hostQueue, mainQueue } from '@fermata/contracts';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivityInterceptor } from './activity-interceptor.js';
import type { WorkerConfig } from './config.js';
import { createRetryWaits } from './retry-waits.js';
import type { Telemetry } from './telemetry.js';
import { workflowCode } from './workflow-bundle.js';

export interface WorkerParts {
  connection: NativeConnection;
  telemetry: Telemetry;
  deps: ActivityDeps;
  logger: Logger;
}

/** The two workers of this host: one on the main queue, one on its own. */
export async function createWorkers(
  config: WorkerConfig,
  { connection, telemetry, deps, logger }: WorkerParts,
): Promise<Worker[]> {
  const shared = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    activities: createActivities(deps),
    plugins: [telemetry.plugin],
    interceptors: { activity: [createActivityInterceptor({ logger, retryWaits: createRetryWaits(deps, logger) })] },
    maxHeartbeatThrottleInterval: 3_000,
    shutdownGraceTime: config.FERMATA_SHUTDOWN_GRACE_MS,
  } satisfies Partial<WorkerOptions>;
  return Promise.all([
    Worker.create({
      ...shared,
      taskQueue: mainQueue,
      workflowBundle: await workflowCode({ stacks: config.FERMATA_WORKFLOW_STACKS === '1' }),
      maxCachedWorkflows: config.FERMATA_CACHED_WORKFLOWS,
      maxConcurrentActivityTaskExecutions: config.FERMATA_MODEL_CALLS_AT_ONCE,
    }),
    Worker.create({
      ...shared,
      taskQueue: hostQueue(deps.hostId),
      maxConcurrentActivityTaskExecutions: config.FERMATA_TOOLS_AT_ONCE,
    }),
  ]);
}
