import { activityScope, type ActivityScope } from './activity-scope.js';

const beatMs = 5_000;

/** Waits for what tells of no progress by itself, and tells Temporal meanwhile that it is waited for. */
export async function whileBeating<T>(work: (scope: ActivityScope) => Promise<T>): Promise<T> {
  const scope = activityScope();
  const beat = setInterval(scope.onProgress, beatMs);
  try {
    return await work(scope);
  } finally {
    clearInterval(beat);
  }
}
