import { toApplicationFailure } from '@fermata/activities';
import { type ErrorCode, isDomainError } from '@fermata/contracts';
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
          if (!context.cancellationSignal.aborted) logger.warn({ ...ids, ...described(error) }, 'activity failed');
          throw failure;
        } finally {
          clearInterval(beat);
        }
      },
    },
  });
}

/** Their messages quote what a command printed or a provider said, which belongs to the workspace and not into a log. */
const quoting: readonly ErrorCode[] = [
  'command_failed',
  'measure_failed',
  'plan_invalid',
  'provider_rejected',
  'tool_failed',
  'tool_input_invalid',
];

/** What the log is told of a failure. Only a defect of ours is told whole: its stack is what it is looked for by. */
function described(error: unknown): object {
  if (!isDomainError(error)) return { err: error };
  const { code, message } = error;
  return quoting.includes(code) ? { code } : { code, reason: message };
}
