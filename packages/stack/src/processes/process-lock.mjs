import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectory } from './make-directory.mjs';
import { isSameProcess, processIdentity } from './process-identity.mjs';

// A lock that a kill -9 cannot leave behind. Each contender puts a file named after its own process into a directory and
// then looks who else is there. Both of two contenders create before they look, so at least one sees the other and steps
// back: never two holders. A file of a dead process may be removed by anyone at any time, as its name can never be
// anyone else's; that is what "break the stale lock" designs with one shared file cannot do without a race.

/**
 * @typedef {{ pid: number, since: Date }} LockHolder
 * @typedef {{ acquired: true, release: () => void } | { acquired: false, holder: LockHolder }} LockAttempt
 * @typedef {LockHolder & { name: string, identity: string }} Claim
 */

/** A claim older than this belongs to a holder, not to another contender about to step back. */
const contenderMs = 1000;
const rounds = 20;

/**
 * Takes the lock, or says who has it. Two contenders at the same instant step back and try again after a random moment.
 * @param {string} directory made when missing; used for nothing else
 * @returns {Promise<LockAttempt>}
 * @throws the errors of node:fs when the directory cannot be written
 */
export async function acquireLock(directory) {
  makeDirectory(directory, 0o700);
  const identity = processIdentity(process.pid);
  for (let round = 1; ; round++) {
    const name = [process.pid, identity, Date.now(), randomBytes(4).toString('hex')].join('_');
    writeFileSync(join(directory, name), '', { flag: 'wx', mode: 0o600 });
    const rival = livingClaims(directory).find((claim) => claim.name !== name);
    if (rival === undefined) return { acquired: true, release: () => rmSync(join(directory, name), { force: true }) };
    rmSync(join(directory, name), { force: true });
    if (round === rounds || Date.now() - rival.since.getTime() > contenderMs) {
      return { acquired: false, holder: { pid: rival.pid, since: rival.since } };
    }
    await sleep(20 + Math.random() * 100);
  }
}

/**
 * Who holds the lock right now, without taking it.
 * @param {string} directory
 * @returns {LockHolder | null}
 */
export function lockHolder(directory) {
  const [claim] = livingClaims(directory);
  return claim === undefined ? null : { pid: claim.pid, since: claim.since };
}

/**
 * @param {string} directory
 * @returns {Claim[]}
 */
function livingClaims(directory) {
  return listNames(directory)
    .map(parseClaim)
    .filter((claim) => claim !== null)
    .filter((claim) => {
      if (isSameProcess(claim.pid, claim.identity)) return true;
      rmSync(join(directory, claim.name), { force: true });
      return false;
    })
    .sort((a, b) => a.since.getTime() - b.since.getTime());
}

/** @param {string} directory */
function listNames(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * @param {string} name
 * @returns {Claim | null}
 */
function parseClaim(name) {
  const match = /^(\d+)_([^_]+)_(\d+)_[0-9a-f]+$/.exec(name);
  if (match === null) return null;
  return { name, pid: Number(match[1]), identity: String(match[2]), since: new Date(Number(match[3])) };
}
