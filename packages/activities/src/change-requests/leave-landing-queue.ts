import type { ChangeRequestId } from '@fermata/contracts';
import type { ActivityDeps } from '../deps.js';
import { openWorkspace } from '../workspace.js';

/** Takes a change request out of its queue and wakes the next. After a crash between the two the next is named again. */
export async function leaveLandingQueue(
  deps: ActivityDeps,
  { changeRequestId, queuedAt }: { changeRequestId: string; queuedAt?: Date },
): Promise<{ next: ChangeRequestId | null }> {
  const { landingQueue } = await openWorkspace(deps, 'changeRequest', changeRequestId);
  const { next } = await landingQueue.leave(changeRequestId, queuedAt);
  if (next !== null) await deps.nudger.landingTurn(next);
  return { next: next as ChangeRequestId | null };
}
