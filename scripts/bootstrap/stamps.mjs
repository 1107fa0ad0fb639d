import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each step was last done for. @typedef {Record<string, string>} Stamps */

/**
 * @param {string} path
 * @returns {Stamps} empty when there are none or they cannot be read: everything is done again
 */
export function readStamps(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * @param {string} path
 * @param {Stamps} stamps
 */
export function writeStamps(path, stamps) {
  writeFileSync(`${path}.${process.pid}.new`, `${JSON.stringify(stamps, null, 2)}\n`);
  renameSync(`${path}.${process.pid}.new`, path);
}

/**
 * Digest of the contents of files; one that is missing counts as such.
 * @param {readonly string[]} paths
 */
export function digestOfFiles(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\0`).update(readOrEmpty(path)).update('\0');
  return hash.digest('hex');
}

/**
 * Digest of names, sizes and times of all files below some directories: cheap, and a false alarm costs one incremental
 * compile.
 * @param {readonly string[]} directories
 */
export function digestOfTrees(directories) {
  const hash = createHash('sha256');
  for (const directory of directories) addTree(hash, directory);
  return hash.digest('hex');
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} directory
 */
function addTree(hash, directory) {
  for (const entry of listSorted(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) addTree(hash, path);
    else {
      const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: -1 };
      hash.update(`${path}\0${size}\0${mtimeMs}\n`);
    }
  }
}

/** @param {string} directory */
function listSorted(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** @param {string} path */
function readOrEmpty(path) {
  try {
    return readFileSync(path);
  } catch {
    return '';
  }
}
