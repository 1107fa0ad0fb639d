import { Context } from '@temporalio/activity';

/** What core functions take from the activity they run in. */
export interface ActivityScope {
  /** Aborted on cancel, on a timeout and when the worker shuts down. */
  signal: AbortSignal;
  /** Tells Temporal that the work goes on. Throttled: call it as often as there is something. */
  onProgress: () => void;
}

/**
 * The SDK throttles too, but only after each beat has been encoded and handed over: too much for every chunk of a stream.
 * The first beat waits as long: it is a call of the server and a write there, and most activities end before.
 */
const shortestBeatMs = 1_000;

export function activityScope(): ActivityScope {
  const context = Context.current();
  let beatenAt = performance.now();
  const onProgress = (): void => {
    // The server does not know of a local one.
    if (context.info.isLocal) return;
    const now = performance.now();
    if (now - beatenAt < shortestBeatMs) return;
    beatenAt = now;
    context.heartbeat();
  };
  return { signal: context.cancellationSignal, onProgress };
}
