import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ packages?: Record<string, { version?: string, link?: boolean, optional?: boolean }> }} Lock */

/**
 * Whether what npm last installed is what package-lock.json asks for, by the list npm keeps inside node_modules. So an
 * `npm install` by hand is not done all over again.
 * @param {string} root
 */
export function installedMatchesLock(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, { version, link, optional }]) => {
      const found = installed[path];
      // Optional ones are for other platforms when they are not here.
      if (found === undefined) return optional === true;
      return link === true ? found.link === true : found.version === version;
    });
}

/** @param {string} path */
function readPackages(path) {
  try {
    /** @type {Lock} */
    const lock = JSON.parse(readFileSync(path, 'utf8'));
    return lock.packages ?? null;
  } catch {
    return null;
  }
}
