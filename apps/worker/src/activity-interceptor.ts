import { toApplicationFailure } from '@fermata/activities';
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { Logger } from 'pino';

const heartbeatEveryMs = 5_000;

/**
 * What holds for every activity, in one place: it heartbeats while it runs, so that a lost worker is noticed and a cancel
 * arrives, and what it throws is translated once.
 */
export function createActivityInterceptor(logger: Logger) {
  return (context: Context): ActivityInterceptors => ({
    inbound: {
      async execute(input, next) {
        const beat = context.info.heartbeatTimeoutMs
          ? setInterval(() => context.heartbeat(), heartbeatEveryMs)
          : undefined;
        try {
          return await next(input);
        } catch (error) {
          const { activityType, attempt, activityId, workflowExecution } = context.info;
          const ids = { activityType, attempt, activityId, workflowId: workflowExecution?.workflowId };
          const failure = toApplicationFailure(error);
          if (!context.cancellationSignal.aborted) logger.warn({ ...ids, err: error }, 'activity failed');
          throw failure;
        } finally {
          clearInterval(beat);
        }
      },
    },
  });
}
