import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from '../../packages/stack/src/temporal/find-temporal.mjs';
import { BootstrapError, unwritableClone } from './bootstrap-error.mjs';
import { readStamps, writeStamps } from './stamps.mjs';
import { waitForLock } from './wait-for-lock.mjs';

/**
 * @typedef {import('./steps.mjs').Step} Step
 * @typedef {import('./progress.mjs').Progress} Progress
 * @typedef {{ work: Promise<void>, follow: (update: (detail: string) => void) => Promise<void> }} EarlyRun
 */

/**
 * Does what is missing or stale of `steps`, in their order, and nothing when all is fresh. Two at once in one clone: the
 * second waits and then finds everything done.
 * @param {{ root: string, state: string, steps: readonly Step[], progress: Progress, signal: AbortSignal }} options
 * `state`: directory for stamps and the lock
 * @throws BootstrapError
 */
export async function prepare({ root, state, steps, progress, signal }) {
  const stampsPath = join(state, 'stamps.json');
  const before = readStamps(stampsPath);
  if (steps.every((step) => step.isFresh(before[step.name]))) return;
  makeStateDirectory(state);
  const lock = await waitForLock(join(state, 'lock'), {
    signal,
    onWait: ({ pid }) => progress.note(`process ${pid} is setting this clone up; waiting for it`),
  });
  const abort = new AbortController();
  /** @type {Map<string, EarlyRun>} */
  const early = new Map();
  try {
    const stamps = readStamps(stampsPath);
    const save = () => writeStamps(stampsPath, stamps);
    const runSignal = AbortSignal.any([signal, abort.signal]);
    for (const step of steps.filter(({ settle }) => settle !== undefined)) {
      if (!step.isFresh(stamps[step.name]) && !(await step.settle?.()))
        early.set(step.name, startEarly(step, runSignal));
    }
    for (const step of steps) {
      if (step.isFresh(stamps[step.name]) && stamps[step.name] === step.stamp()) continue;
      await bringUpToDate(step, { root, stamps, save, progress, signal: runSignal, early: early.get(step.name) });
    }
  } finally {
    abort.abort();
    await Promise.allSettled([...early.values()].map(({ work }) => work));
    lock.release();
  }
}

/**
 * Begins a step that needs none of those before it: fetching a server takes minutes that others can use.
 * @param {Step} step
 * @param {AbortSignal} signal
 * @returns {EarlyRun}
 */
function startEarly(step, signal) {
  /** @type {(detail: string) => void} */
  let show = () => undefined;
  const work = step.run((detail) => show(detail), signal);
  // Its failure is reported when it is its turn.
  work.catch(() => undefined);
  return {
    work,
    follow: (update) => {
      show = update;
      return work;
    },
  };
}

/** @param {string} state */
function makeStateDirectory(state) {
  try {
    mkdirSync(state, { recursive: true });
  } catch (error) {
    throw new BootstrapError('step_failed', `${error instanceof Error ? error.message : error}. ${unwritableClone}`);
  }
}

/**
 * @param {Step} step
 * @param {{
 *   root: string, stamps: import('./stamps.mjs').Stamps, save: () => void, progress: Progress, signal: AbortSignal, early: EarlyRun | undefined
 * }} context
 */
async function bringUpToDate(step, { root, stamps, save, progress, signal, early }) {
  const stamp = step.stamp();
  if (step.isFresh(stamps[step.name]) || (early === undefined && (await step.settle?.()))) {
    stamps[step.name] = stamp;
    return save();
  }
  requireRoom(root, step.needsBytes);
  // What it has made so far fits nothing while it runs, also if it is killed half-way.
  delete stamps[step.name];
  save();
  await progress.step(step.title, early?.follow ?? ((update) => step.run(update, signal)));
  // A step that settles makes what it depends on (the Temporal server); sources edited meanwhile must count as changed.
  stamps[step.name] = step.settle === undefined ? stamp : step.stamp();
  save();
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @throws BootstrapError when there is no git
 */
export function requireGit(env) {
  if (findOnPath('git', env) !== null) return;
  throw new BootstrapError(
    'missing_program',
    'git is not on PATH, and agents work in git worktrees. Install git 2.38 or later and try again.',
  );
}

/**
 * @param {string} root
 * @param {number} neededBytes
 */
function requireRoom(root, neededBytes) {
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize >= neededBytes) return;
  const [free, needed] = [bavail * bsize, neededBytes].map((bytes) => Math.round(bytes / 1e6));
  throw new BootstrapError(
    'disk_full',
    `Only ${free} MB are free on the disk that holds ${root}, and this step needs about ${needed} MB. Make room and try again.`,
  );
}
