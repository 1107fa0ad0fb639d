import { rm, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@fermata/contracts';
import type { GitContext } from './git-context.js';

const firstDelayMs = 20;
const longestDelayMs = 500;
/** A lock from before our start is given this long: a git of our predecessor may still be finishing. */
export const abandonedBeforeMs = 3_000;
/** No command of ours holds a lock longer than its own time limit. */
const deadAgeMs = 15 * 60_000;
export const processStartedAt = Date.now() - process.uptime() * 1_000;

interface Attempts<Value> {
  attempt: () => Promise<Value>;
  /** The lock that was in the way, or null when the attempt did not fail on one. */
  lockIn: (value: Value) => string | null;
  signal?: AbortSignal | undefined;
}

/**
 * Tries again while a lock is in the way, with growing, jittered pauses. A lock whose owner is dead is removed when it
 * lies in our own data directory, and never elsewhere.
 * @throws DomainError `lock_contention`, naming the lock
 */
export async function retryWhileLocked<Value>(context: GitContext, attempts: Attempts<Value>): Promise<Value> {
  const deadline = performance.now() + context.lockPatienceMs;
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    const value = await attempts.attempt();
    const lock = attempts.lockIn(value);
    if (lock === null) return value;
    const removed = await removeDeadLock(context, lock);
    if (!removed && performance.now() >= deadline) throw contention(lock);
    if (!removed) await sleep(delayMs * (0.5 + Math.random()), undefined, { signal: attempts.signal });
  }
}

interface LockedCommand {
  cwd: string;
  raceIn?: RegExp | undefined;
}

/** The lock file, or the ref, over which a git command failed. */
export function lockIn(stderr: string, { cwd, raceIn }: LockedCommand): string | null {
  const file = /Unable to create '(.+?\.lock)': File exists/s.exec(stderr)?.[1];
  if (file !== undefined) return resolve(cwd, file);
  const config = /could not lock config file (.+?): File exists/.exec(stderr)?.[1];
  if (config !== undefined) return resolve(cwd, `${config}.lock`);
  return raceIn?.exec(stderr)?.[0] ?? null;
}

async function removeDeadLock(context: GitContext, lock: string): Promise<boolean> {
  if (!lock.startsWith(context.dataDir + sep)) return false;
  const found = await stat(lock).catch(() => null);
  if (!found) return false;
  const ageMs = Date.now() - found.mtimeMs;
  const orphaned = found.mtimeMs < processStartedAt && ageMs > abandonedBeforeMs;
  if (!orphaned && ageMs < deadAgeMs) return false;
  await rm(lock, { force: true });
  return true;
}

function contention(lock: string): DomainError {
  const message = `git is locked by ${lock}: wait for the other git command to end, or remove the file when none is running`;
  return new DomainError('lock_contention', message, { lock });
}
