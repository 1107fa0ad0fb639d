import { once } from 'node:events';
import type { ActivityDeps } from '@fermata/activities';
import { type ErrorCode, errorTraits, isErrorCode, type Waiting } from '@fermata/contracts';
import { createRetryWaitRepository, type Located, type RetryWaitOrder } from '@fermata/database';
import { ApplicationFailure, type Info } from '@temporalio/activity';
import type { Logger } from 'pino';
import { activityWords } from './activity-words.js';
import { waitSubjectOf } from './wait-subject.js';

/** Fewer failures than this pass by themselves too often to be worth a sentence. */
const speaksFrom = 3;

/** The failure itself must not wait long for the words about it. */
const patienceMs = 5_000;

/** Failures that an activity tells better by itself, because it knows whom it waits for. */
const toldByItself: Readonly<Record<string, readonly ErrorCode[]>> = {
  callModel: ['provider_rate_limited', 'provider_unavailable', 'provider_stream_broken'],
};

const located = {
  agent_run: 'agentRun',
  change_request: 'changeRequest',
  task: 'task',
  okr_run: 'okrRun',
} as const satisfies Record<RetryWaitOrder['subject']['type'], Located>;

/** One try at an activity. */
export interface Attempt {
  info: Pick<Info, 'activityType' | 'attempt' | 'retryPolicy' | 'workflowExecution'>;
  input: unknown;
  /** In epoch milliseconds: from then on Temporal has given it up, and the next one may be over before it. */
  endsAt: number;
}

export interface RetryWaits {
  /** From the third failure on, the row says that it waits for the next try, and no longer when there is none. */
  failed(attempt: Attempt, failure: Error): Promise<void>;
  /** Takes back what earlier tries have said. */
  succeeded(attempt: Attempt): Promise<void>;
}

/**
 * Law 6 for activities that fail and are tried again: nothing waits in silence. What cannot be recorded is logged, and
 * changes nothing about the activity.
 */
export function createRetryWaits(deps: Pick<ActivityDeps, 'database' | 'locate'>, logger: Logger): RetryWaits {
  async function record({ info, input, endsAt }: Attempt, waiting: Omit<Waiting, 'kind'> | null): Promise<void> {
    const workflowId = info.workflowExecution?.workflowId ?? '';
    const subject = waitSubjectOf({ input, workflowId });
    const left = Math.min(patienceMs, endsAt - Date.now());
    if (!subject || left <= 0) return;
    const signal = AbortSignal.timeout(left);
    const write = async (): Promise<void> => {
      const rows = createRetryWaitRepository(deps.database, await deps.locate(located[subject.type], subject.id));
      await (waiting ? rows.say({ subject, signal, waiting }) : rows.end({ subject, signal }));
    };
    try {
      await Promise.race([write(), tooLate(signal)]);
    } catch (error) {
      const { activityType, attempt } = info;
      logger.warn({ activityType, attempt, workflowId, err: error }, 'wait for another try not recorded');
    }
  }

  return {
    async failed(attempt, failure) {
      const { info } = attempt;
      if (info.attempt < speaksFrom) return;
      if (!isTriedAgain(info, failure)) return record(attempt, null);
      const waiting = waitingFor(info, failure);
      if (waiting) await record(attempt, waiting);
    },

    async succeeded(attempt) {
      if (attempt.info.attempt > speaksFrom) await record(attempt, null);
    },
  };
}

async function tooLate(signal: AbortSignal): Promise<void> {
  await once(signal, 'abort');
  signal.throwIfAborted();
}

function isTriedAgain({ attempt, retryPolicy }: Attempt['info'], failure: Error): failure is ApplicationFailure {
  if (!(failure instanceof ApplicationFailure) || failure.nonRetryable) return false;
  if (retryPolicy?.nonRetryableErrorTypes?.includes(failure.type ?? '')) return false;
  return attempt < (retryPolicy?.maximumAttempts || Infinity);
}

/** Null for what the activity has told by itself. */
function waitingFor(
  { activityType, attempt }: Attempt['info'],
  failure: ApplicationFailure,
): Omit<Waiting, 'kind'> | null {
  const code = isErrorCode(failure.type) ? failure.type : 'internal';
  if (toldByItself[activityType]?.includes(code)) return null;
  const why = errorTraits[code].expose ? failure.message.replace(/\.$/, '') : 'an internal error (logged)';
  return {
    detail: `${activityWords(activityType)} has failed ${attempt} times: ${why}. It is tried again.`,
    releasableBy: [partyFor(code)],
  };
}

/** Who can do something about it. The operator can cancel, whatever it is. */
function partyFor(code: ErrorCode): string {
  switch (code) {
    case 'internal':
    case 'lock_contention':
    case 'repository_away':
      return 'operator';
    case 'provider_rate_limited':
    case 'provider_unavailable':
    case 'provider_stream_broken':
      return 'provider';
    default:
      // It passes by itself: a server that comes back, a target that stands still for a moment.
      return 'fermata';
  }
}
