import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/** Every failure that is worth another try is tried for ever: `waitingOn` says so, and a person can cancel. */
const patient = { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 10_000 } as const;

/** Small writes and reads of our own database: no queue, no heartbeat. */
export const recordPolicy: LocalActivityOptions = { startToCloseTimeout: 15_000, retry: patient };

/** What begins and ends a run: rows, and the end of what it has left running. What keeps failing goes by the queue. */
export const framePolicy: LocalActivityOptions = {
  startToCloseTimeout: 60_000,
  retry: { ...patient, maximumAttempts: 3 },
};

/** A tool that takes a moment. It is tried once: what fails has its retries on the queue of its host. */
export const quickToolPolicy: LocalActivityOptions = { startToCloseTimeout: 60_000, retry: { maximumAttempts: 1 } };

/** A cancel ends the work and only then says so: what still runs could write after the end otherwise. */
const cancellationType = 'WAIT_CANCELLATION_COMPLETED';

/** Longer database work on any worker. */
export const databasePolicy: ActivityOptions = { startToCloseTimeout: 60_000, cancellationType, retry: patient };

/** A model call. Providers that are away come back, and say when by Retry-After. */
export const modelPolicy: ActivityOptions = {
  startToCloseTimeout: 20 * 60_000,
  heartbeatTimeout: 30_000,
  cancellationType,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 60_000 },
};

/** An agent of its own at work: a stretch of its work lasts for as long as it needs, with all that it waits for. */
export const segmentPolicy: ActivityOptions = {
  startToCloseTimeout: 7 * 24 * 3_600_000,
  heartbeatTimeout: 30_000,
  cancellationType,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 30_000 },
};

/** Work on a worktree. A worker that dies is noticed by its heartbeats, and the activity itself settles what had begun. */
export const worktreePolicy: ActivityOptions = {
  startToCloseTimeout: 2 * 3_600_000,
  heartbeatTimeout: 30_000,
  cancellationType,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 30_000 },
};
