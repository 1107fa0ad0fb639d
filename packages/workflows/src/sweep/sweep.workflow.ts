/**
 * Repairs what a crash left between rows and workflows. Started by a Temporal Schedule, one for each host.
 *
 * Steps: start workflows that have a row and none, repeat nudges that may be lost, drop turns to land that nobody will
 * take, release worktrees whose task has ended. The nudge of a turn is not among them: who waits for one asks again.
 * No repair waits for another to succeed; the sweep fails in the end when one did.
 * Messages: none.
 * Survives: any crash; every repair is safe to repeat.
 */
import type { SweepActivities, SweepReport } from '@fermata/contracts';
import { patched } from '@temporalio/workflow';
import { describedActivities } from '../described-activities.js';

export async function sweep({ hostQueue }: { hostQueue: string }): Promise<SweepReport> {
  const repair = describedActivities<SweepActivities>(
    { taskQueue: hostQueue, startToCloseTimeout: 5 * 60_000, retry: { maximumAttempts: 3 } },
    {
      startMissingWorkflows: 'Start workflows that have a row and none',
      repeatNudges: 'Repeat nudges that may be lost',
      dropAbandonedTurns: 'Drop turns to land that nobody will take',
      releaseOrphanedWorktrees: 'Release worktrees of ended tasks',
    },
  );
  const failures: unknown[] = [];
  const tried = (work: Promise<number>): Promise<number> =>
    work.catch((error: unknown) => {
      failures.push(error);
      return 0;
    });
  const okrRunsStarted = await tried(repair.startMissingWorkflows());
  const nudgesRepeated = await tried(repair.repeatNudges());
  const turnsDropped = patched('landing-turn') ? await tried(repair.dropAbandonedTurns()) : 0;
  const worktreesReleased = await tried(repair.releaseOrphanedWorktrees());
  if (failures.length > 0) throw failures[0];
  return { okrRunsStarted, nudgesRepeated, turnsDropped, worktreesReleased };
}
