import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

// Plain JavaScript: the bootstrap script imports this file before anything is compiled, on Node 20.

/**
 * @typedef {Readonly<Record<string, string | undefined>>} Environment
 * @typedef {{ path: string, source: 'path' | 'cache' }} FoundTemporal
 */

/** Version of the CLI we provision; later tags carry a replace directive, which `go install` refuses. */
export const temporalVersion = 'v1.5.1';

/**
 * The directory that is shared by all clones of this user.
 * @param {Environment} env
 */
export function temporalCacheDirectory(env) {
  return join(
    env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'),
    'fermata',
    `temporal-${temporalVersion}`,
  );
}

/**
 * The `temporal` program on PATH, or our cached copy if it is whole.
 * @param {Environment} env
 * @param {string} [cacheDirectory]
 * @returns {Promise<FoundTemporal | null>}
 */
export async function findTemporal(env, cacheDirectory = temporalCacheDirectory(env)) {
  const onPath = findOnPath('temporal', env);
  if (onPath !== null && isTemporal(onPath)) return { path: onPath, source: 'path' };
  const cached = await checkedCopy(cacheDirectory);
  return cached === null || !isTemporal(cached) ? null : { path: cached, source: 'cache' };
}

/**
 * Whether a program runs here and is the Temporal CLI with its server: a copy for another machine, or another program of
 * that name, is not.
 * @param {string} path
 */
export function isTemporal(path) {
  const { stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { HOME: '/nonexistent' },
  });
  return /^temporal version .*Server/i.test(stdout ?? '');
}

/**
 * @param {string} program
 * @param {Environment} env
 * @returns {string | null}
 */
export function findOnPath(program, env) {
  const candidates = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program));
  return candidates.find(isExecutableFile) ?? null;
}

/** @param {string} path */
function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * `checked.json` beside the copy says what it must be. The digest of 250 MB takes half a second, so it is read again only
 * when size or time of the file differ from those at the last check.
 * @typedef {{ sha256: string, size: number, mtimeMs: number }} CopyRecord
 * @param {string} cacheDirectory
 * @returns {Promise<string | null>} null when there is no copy, or one that was cut short or changed
 */
async function checkedCopy(cacheDirectory) {
  const path = join(cacheDirectory, 'temporal');
  try {
    /** @type {CopyRecord} */
    const record = JSON.parse(readFileSync(join(cacheDirectory, 'checked.json'), 'utf8'));
    const { size, mtimeMs } = statSync(path);
    if (size !== record.size || !isExecutableFile(path)) return null;
    if (mtimeMs === record.mtimeMs) return path;
    return (await sha256Of(path)) === record.sha256 ? path : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} path
 * @returns {Promise<string>} hex
 */
export async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
