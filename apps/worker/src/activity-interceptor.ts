import { toApplicationFailure } from '@fermata/activities';
import { type ErrorCode, isDomainError } from '@fermata/contracts';
import type { Context, Info } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { RetryWaits } from './retry-waits.js';

const heartbeatEveryMs = 5_000;

/**
 * What holds for every activity, in one place: it heartbeats while it runs, so that a lost worker is noticed and a cancel
 * arrives; what it throws is translated once; and what keeps failing says so on the row it works for.
 */
export function createActivityInterceptor({ logger, retryWaits }: { logger: Logger; retryWaits: RetryWaits }) {
  return (context: Context): ActivityInterceptors => ({
    inbound: {
      async execute(input, next) {
        const { info } = context;
        const endsAt = Date.now() + (info.startToCloseTimeoutMs || Infinity);
        const attempt = { info, input: input.args[0], endsAt };
        const beat = info.heartbeatTimeoutMs ? setInterval(() => context.heartbeat(), heartbeatEveryMs) : undefined;
        try {
          const result = await next(input);
          await retryWaits.succeeded(attempt);
          return result;
        } catch (error) {
          const failure = toApplicationFailure(error);
          // One that was ended has not failed.
          if (context.cancellationSignal.aborted) throw failure;
          log(logger, info, error);
          await retryWaits.failed(attempt, failure);
          throw failure;
        } finally {
          clearInterval(beat);
        }
      },
    },
  });
}

function log(logger: Logger, { activityType, attempt, activityId, workflowExecution }: Info, error: unknown): void {
  const ids = { activityType, attempt, activityId, workflowId: workflowExecution?.workflowId };
  const isDefect = !isDomainError(error) || error.code === 'internal';
  logger[isDefect ? 'error' : 'warn']({ ...ids, ...described(error) }, 'activity failed');
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
