import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing. Node's own `recursive` never comes back where a directory that
 * exists answers that there is none, as /proc does: it tries again for ever.
 * @param {string} path
 * @param {number} mode of each that is made
 * @throws the errors of node:fs
 */
export function makeDirectory(path, mode) {
  if (isDirectory(path)) return;
  const above = dirname(path);
  if (above !== path && !existsSync(above)) makeDirectory(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else was quicker.
    if (!isDirectory(path)) throw error;
  }
}

/** @param {string} path */
function isDirectory(path) {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
