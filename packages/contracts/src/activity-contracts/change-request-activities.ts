import type { ChangeRequestState } from '../change-requests/change-request-state.js';
import type { ChangeRequestId } from '../ids.js';

export type PreparedLanding =
  /** `commit` is on top of `targetCommit`, in a clean worktree, ready for the gates. */
  | { outcome: 'prepared'; commit: string; targetCommit: string }
  | { outcome: 'already_landed'; commit: string }
  | { outcome: 'conflict'; targetCommit: string; files: readonly string[] }
  | { outcome: 'empty' };

export type CompletedLanding =
  | { outcome: 'landed'; commit: string }
  /** Somebody was quicker: prepare again on the new target. */
  | { outcome: 'target_moved' }
  /** The target is checked out with uncommitted changes; nothing was touched. */
  | { outcome: 'checkout_dirty'; files: readonly string[]; checkout: string }
  /** A git command there, or one that was killed, holds a lock; nothing was touched. `detail` says which and what to do. */
  | { outcome: 'locked'; detail: string };

/** What became of a change request. */
export type ChangeRequestOutcome =
  | { state: 'merged'; commit: string }
  | { state: 'conflict'; targetCommit: string; files: readonly string[] }
  | { state: 'gates_failed'; targetCommit: string }
  | { state: 'checkout_dirty'; detail: string }
  | { state: 'closed'; detail: string };

/** Local change requests: publishing and landing touch the user's repository, through the effect ledger. */
export interface ChangeRequestActivities {
  /** Puts the branch where people can look at it, once. */
  publishChange(input: { changeRequestId: ChangeRequestId }): Promise<void>;

  prepareLanding(input: { changeRequestId: ChangeRequestId; round: number }): Promise<PreparedLanding>;

  /** Moves the target branch to `commit` if it is still at `targetCommit`. */
  completeLanding(input: {
    changeRequestId: ChangeRequestId;
    commit: string;
    targetCommit: string;
  }): Promise<CompletedLanding>;

  /** The change is on the target: read back from git, recorded, the published branch taken down. */
  recordMerged(input: { changeRequestId: ChangeRequestId; commit: string }): Promise<void>;
}

/** Where a change request stands among those that are to land on the same branch of the same repository. */
export type LandingTurn =
  | { turn: true }
  | {
      turn: false;
      /** The one right in front of it. */
      behind: ChangeRequestId;
      /** How many are in front of it. */
      ahead: number;
      targetBranch: string;
      /** A nudge may be lost: after this long it asks again by itself. */
      askAgainInMs: number;
    };

/** Small, quick, idempotent writes: they may run as local activities. */
export interface ChangeRequestRecordActivities {
  moveChangeRequest(input: { changeRequestId: ChangeRequestId; to: ChangeRequestState }): Promise<void>;

  /**
   * Joins the queue of its target branch at the end, once, and says whether it may land now. The turn is of the oldest
   * whose change request is not final, until that one leaves.
   */
  takeLandingTurn(input: { changeRequestId: ChangeRequestId }): Promise<LandingTurn>;
}

export interface LandingQueueActivities {
  /** Leaves the queue and wakes the one whose turn it is now, if it has not taken it yet. Leaving twice is harmless. */
  leaveLandingQueue(input: { changeRequestId: ChangeRequestId }): Promise<{ next: ChangeRequestId | null }>;
}
