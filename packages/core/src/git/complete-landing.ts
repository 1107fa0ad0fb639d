import { bringCommit } from './bring-commit.js';
import { isAncestor, resolveCommit, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { readJournal, removeJournal, writeJournal } from './landing-journal.js';
import { touchedPaths, untrackedInTheWay } from './landing-obstacles.js';
import { foreignChanges, isStaged, standsAt } from './landing-repair.js';
import { isRemote } from './location.js';
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
  const { commit, expectedTarget, targetBranch, tip } = landing;
  const journal = { checkout: checkout.path, targetBranch, expected: expectedTarget, commit };
  const interrupted = (tip === commit || tip === expectedTarget) && (await wasInterrupted(context, landing, checkout));
  if (interrupted) return finish(context, landing, checkout);
  if (await isLanded(context, landing)) return { state: 'already_landed', commit };
  if (tip !== expectedTarget) return { state: 'target_moved' };
  const files = await obstacles(context, landing, checkout);
  if (files !== null) return { state: 'checkout_dirty', checkout: checkout.path, files };
  await writeJournal(context, journal);
  const moved = await fastForward(context, landing, checkout);
  await removeJournal(context, journal);
  return moved;
}

/** What keeps the checkout from moving: null for nothing, an empty list for an operation in progress. */
async function obstacles(context: GitContext, landing: Landing, checkout: Checkout): Promise<string[] | null> {
  if (await hasOperationInProgress(checkout)) return [];
  const step = { cwd: checkout.path, from: landing.expectedTarget, to: landing.commit };
  const untracked = await untrackedInTheWay(checkout.path, await touchedPaths(context, step));
  const files = [...(await trackedChanges(context, checkout)), ...untracked];
  return files.length === 0 ? null : files;
}

/** Git moves files and index first and the branch last, and refuses what would overwrite anything. */
async function fastForward(context: GitContext, landing: Landing, checkout: Checkout): Promise<CompletedLanding> {
  const { commit, expectedTarget } = landing;
  const args = ['merge', '--ff-only', '--quiet', '--no-stat', '--no-autostash', commit];
  const { exitCode } = await runGit(context, { cwd: checkout.path, profile: 'user', args, answers: [0, 1, 128] });
  if (exitCode === 0) return { state: 'landed', commit };
  const tip = await resolveCommit(context, landing.location, landing.ref);
  if (tip !== expectedTarget) return { state: 'target_moved' };
  const files = await obstacles(context, landing, checkout);
  if (files !== null) return { state: 'checkout_dirty', checkout: checkout.path, files };
  // Not the checkout's state, so the repository's: asked again, it says what is wrong.
  await runGit(context, { cwd: checkout.path, profile: 'user', args });
  return { state: 'landed', commit };
}

async function wasInterrupted(context: GitContext, landing: Landing, checkout: Checkout): Promise<boolean> {
  const { commit, expectedTarget: expected, targetBranch, tip } = landing;
  if (await readJournal(context, { checkout: checkout.path, targetBranch, expected, commit })) return true;
  // The branch has moved and index and files are exactly as before: nobody has touched them.
  return tip === commit && (await standsAt(context, checkout.path, expected));
}

/** Completes a move that a crash broke off, unless somebody has worked in the checkout since. */
async function finish(context: GitContext, landing: Landing, checkout: Checkout): Promise<CompletedLanding> {
  const { commit, expectedTarget: expected, targetBranch, tip } = landing;
  const journal = { checkout: checkout.path, targetBranch, expected, commit };
  // The index is written after the files: where it has arrived, what differs now is the user's own new work.
  if (tip === commit && (await isStaged(context, checkout.path, commit))) {
    await removeJournal(context, journal);
    return { state: 'already_landed', commit };
  }
  const files = await foreignChanges(context, journal);
  if (files.length > 0) return { state: 'checkout_dirty', checkout: checkout.path, files };
  if (tip !== commit) {
    const moved = await moveRef(context, landing);
    if (moved.state !== 'landed') return moved;
  }
  await runGit(context, { cwd: checkout.path, profile: 'user', args: ['reset', '--quiet', '--hard', commit] });
  await removeJournal(context, journal);
  return { state: 'landed', commit };
}

/** Compare and swap: the branch moves only from where it is expected to be. */
async function moveRef(
  context: GitContext,
  { location, ref, commit, expectedTarget }: Landing,
): Promise<CompletedLanding> {
  const args = ['update-ref', '-m', 'fermata: landed', ref, commit, expectedTarget];
  const { exitCode } = await runGit(context, { cwd: location, profile: 'user', args, answers: [0, 1, 128] });
  if (exitCode === 0) return { state: 'landed', commit };
  const tip = await resolveCommit(context, location, ref);
  if (tip !== expectedTarget) return { state: 'target_moved' };
  await runGit(context, { cwd: location, profile: 'user', args });
  return { state: 'landed', commit };
}
