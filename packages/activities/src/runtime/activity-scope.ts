import { Context } from '@temporalio/activity';

/** What core functions take from the activity they run in. */
export interface ActivityScope {
  /** Aborted on cancel, on a timeout and when the worker shuts down. */
  signal: AbortSignal;
  /** Tells Temporal that the work goes on. Throttled by the SDK: call it as often as there is something. */
  onProgress: () => void;
}

export function activityScope(): ActivityScope {
  const context = Context.current();
  return { signal: context.cancellationSignal, onProgress: () => context.heartbeat() };
}
