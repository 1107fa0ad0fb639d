import { removeAbandonedLocks } from './abandoned-locks.js';
import { bringCommit } from './bring-commit.js';
import { isAncestor, resolveCommit, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { type LandingJournal, readJournal, removeJournal, writeJournal } from './landing-journal.js';
import { touchedPaths, untrackedInTheWay } from './landing-obstacles.js';
import { foreignChanges, isStaged, standsAt } from './landing-repair.js';
import { isRemote } from './location.js';
import { withRefLocked } from './ref-transaction.js';
import { landOnRemote } from './remote-landing.js';
import {
  type Checkout,
  checkoutOf,
  checkoutRebasing,
  hasOperationInProgress,
  trackedChanges,
} from './user-checkouts.js';

export interface CompleteLandingOptions {
  repositoryId: string;
  location: string;
  /** The commit that was prepared; it follows `expectedTarget` directly. */
  commit: string;
  targetBranch: string;
  expectedTarget: string;
  signal?: AbortSignal;
}

export type CompletedLanding =
  | { state: 'landed'; commit: string }
  | { state: 'already_landed'; commit: string }
  /** Somebody was quicker: prepare again on the new target. */
  | { state: 'target_moved' }
  /** Nothing was touched. `files` is empty when a merge, rebase or the like is going on in the checkout. */
  | { state: 'checkout_dirty'; checkout: string; files: string[] };

/**
 * Moves the target branch of the user's repository to the commit, if it still is where it was. Where the branch is
 * checked out its files move along, and only when no change of the user's would be lost. Called again after a crash at
 * any point, it finishes what was begun.
 */
export async function completeLanding(context: GitContext, options: CompleteLandingOptions): Promise<CompletedLanding> {
  return context.queue.run(`landing ${options.location}`, async () => {
    options.signal?.throwIfAborted();
    return isRemote(options.location) ? landOnRemote(context, options) : landLocally(context, options);
  });
}

interface Landing extends CompleteLandingOptions {
  ref: string;
  /** Where the branch is now; null when it is gone. */
  tip: string | null;
}

async function landLocally(context: GitContext, options: CompleteLandingOptions): Promise<CompletedLanding> {
  const { location, commit, targetBranch, expectedTarget } = options;
  await bringCommit(context, options);
  const ref = `refs/heads/${targetBranch}`;
  const landing: Landing = { ...options, ref, tip: await resolveCommit(context, location, ref) };
  const checkout = await checkoutOf(context, location, targetBranch);
  if (checkout) return landInCheckout(context, landing, checkout);
  if (await isLanded(context, landing)) return { state: 'already_landed', commit };
  if (landing.tip !== expectedTarget) return { state: 'target_moved' };
  const busy = await checkoutRebasing(context, location, targetBranch);
  if (busy) return { state: 'checkout_dirty', checkout: busy.path, files: [] };
  return moveRef(context, landing);
}

async function isLanded(context: GitContext, { location, commit, tip }: Landing): Promise<boolean> {
  return tip !== null && (tip === commit || isAncestor(context, location, { ancestor: commit, of: tip }));
}

async function landInCheckout(context: GitContext, landing: Landing, checkout: Checkout): Promise<CompletedLanding> {
  const { commit, expectedTarget, tip } = landing;
  if (await readJournal(context, journalOf(landing, checkout)))
    await removeAbandonedLocks(context, checkout, landing.ref);
  const begun = (tip === commit || tip === expectedTarget) && (await wasInterrupted(context, landing, checkout));
  if (!begun && (await isLanded(context, landing))) return { state: 'already_landed', commit };
  const from = begun ? tip : expectedTarget;
  const move = { cwd: checkout.path, ref: landing.ref, from, to: commit, reason: 'fermata: landed' };
  // The branch is held in its place while the files move, so that neither can be without the other.
  const landed = await withRefLocked(context, move, async () => {
    const value = begun ? await finish(context, landing, checkout) : await begin(context, landing, checkout);
    return { proceed: value.state === 'landed', value };
  });
  if (landed === null) return { state: 'target_moved' };
  if (landed.state !== 'checkout_dirty') await removeJournal(context, journalOf(landing, checkout));
  return landed;
}

function journalOf({ expectedTarget: expected, commit, targetBranch }: Landing, checkout: Checkout): LandingJournal {
  return { checkout: checkout.path, targetBranch, expected, commit };
}

async function wasInterrupted(context: GitContext, landing: Landing, checkout: Checkout): Promise<boolean> {
  if (await readJournal(context, journalOf(landing, checkout))) return true;
  // The branch has moved and index and files are exactly as before: nobody has touched them.
  return landing.tip === landing.commit && (await standsAt(context, checkout.path, landing.expectedTarget));
}

async function begin(context: GitContext, landing: Landing, checkout: Checkout): Promise<CompletedLanding> {
  const { commit, expectedTarget } = landing;
  const files = await obstacles(context, landing, checkout);
  if (files !== null) return { state: 'checkout_dirty', checkout: checkout.path, files };
  await writeJournal(context, journalOf(landing, checkout));
  const inCheckout = { cwd: checkout.path, profile: 'user' } as const;
  // A file that was only touched must not count as changed. What does count is refused by the next command.
  await runGit(context, { ...inCheckout, args: ['update-index', '--refresh'], answers: [0, 1] });
  await runGit(context, { ...inCheckout, args: ['read-tree', '-m', '-u', expectedTarget, commit] });
  return { state: 'landed', commit };
}

/** What keeps the checkout from moving: null for nothing, an empty list for an operation in progress. */
async function obstacles(context: GitContext, landing: Landing, checkout: Checkout): Promise<string[] | null> {
  if (await hasOperationInProgress(checkout)) return [];
  const step = { cwd: checkout.path, from: landing.expectedTarget, to: landing.commit };
  const untracked = await untrackedInTheWay(checkout.path, await touchedPaths(context, step));
  const files = [...(await trackedChanges(context, checkout)), ...untracked];
  return files.length === 0 ? null : files;
}

/** Completes a move that a crash broke off, unless somebody has worked in the checkout since. */
async function finish(context: GitContext, landing: Landing, checkout: Checkout): Promise<CompletedLanding> {
  const { commit, tip } = landing;
  // The index is written after the files: where it has arrived, what differs now is the user's own new work.
  if (tip === commit && (await isStaged(context, checkout.path, commit))) return { state: 'already_landed', commit };
  const files = await foreignChanges(context, journalOf(landing, checkout));
  if (files.length > 0) return { state: 'checkout_dirty', checkout: checkout.path, files };
  const args = ['read-tree', '--reset', '-u', commit];
  await runGit(context, { cwd: checkout.path, profile: 'user', args });
  return { state: 'landed', commit };
}

/** Compare and swap: the branch moves only from where it is expected to be. */
async function moveRef(
  context: GitContext,
  { location: cwd, ref, commit, expectedTarget }: Landing,
): Promise<CompletedLanding> {
  const move = { cwd, ref, from: expectedTarget, to: commit, reason: 'fermata: landed' };
  const landed = await withRefLocked(context, move, async () => ({ proceed: true, value: true }));
  return landed === null ? { state: 'target_moved' } : { state: 'landed', commit };
}
