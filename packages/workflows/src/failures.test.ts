import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureOf, isSettleable } from './failures.js';

function activityFailure(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'runGate', '1', 'MAXIMUM_ATTEMPTS_REACHED', 'worker', cause);
}

describe('a failure', () => {
  const refused = ApplicationFailure.nonRetryable('Refused.', 'provider_rejected', { agentRunId: 'run_1' });

  it('is told by its innermost cause, with code and details', () => {
    const execution = { workflowId: 'task_1-1', runId: '1' };
    const nested = new ChildWorkflowFailure(
      '',
      execution,
      'taskRun',
      'MAXIMUM_ATTEMPTS_REACHED',
      activityFailure(refused),
    );
    expect(failureOf(nested)).toEqual({
      code: 'provider_rejected',
      message: 'Refused.',
      details: { agentRunId: 'run_1' },
    });
  });

  it('of a type we do not know is internal', () => {
    expect(failureOf(ApplicationFailure.nonRetryable('Oh.', 'TypeError'))).toMatchObject({ code: 'internal' });
  });

  it('of time is a timeout', () => {
    const late = activityFailure(new TimeoutFailure('heartbeat', undefined, 'HEARTBEAT'));
    expect(failureOf(late)).toMatchObject({ code: 'timeout', message: expect.stringContaining('heartbeat') as string });
  });

  it('that is no error has words nevertheless', () => {
    expect(failureOf('boom')).toEqual({ code: 'internal', message: 'boom' });
  });

  it('of the world is settled, and a defect of ours is not', () => {
    expect(isSettleable(activityFailure(refused))).toBe(true);
    expect(isSettleable(new TypeError('undefined is not a function'))).toBe(false);
  });
});
