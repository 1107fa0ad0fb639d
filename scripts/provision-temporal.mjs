import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  findOnPath,
  findTemporal,
  isTemporal,
  sha256Of,
  temporalCacheDirectory,
  temporalVersion,
} from '../packages/stack/src/temporal/find-temporal.mjs';
import { BootstrapError } from './bootstrap/bootstrap-error.mjs';
import { waitForLock } from './bootstrap/wait-for-lock.mjs';

// Puts a Temporal server on this machine: the program on PATH, else our cached copy, else the official download, else
// built from source by Go. No dependencies, Node >= 20: it runs before anything is installed.

/**
 * @typedef {import('../packages/stack/src/temporal/find-temporal.mjs').Environment} Environment
 * @typedef {{ path: string, source: 'path' | 'cache' | 'download' | 'go' }} ProvisionedTemporal
 * @typedef {object} ProvisionOptions
 * @property {Environment} env
 * @property {string} [cacheDir] default: shared by all clones of this user
 * @property {(detail: string) => void} [onProgress] a few words on what is going on right now
 * @property {AbortSignal} [signal]
 * @property {string} [downloadBase] where the official archives are; a test serves its own
 * @typedef {Required<Omit<ProvisionOptions, 'signal'>> & { signal: AbortSignal | undefined }} Settings
 */

const officialBase = 'https://temporal.download/cli/archive';
const unreachableAfterMs = 5_000;
const stalledAfterMs = 20_000;
const goModule = `github.com/temporalio/cli/cmd/temporal@${temporalVersion}`;

/**
 * @param {ProvisionOptions} options
 * @returns {Promise<ProvisionedTemporal>}
 * @throws BootstrapError `missing_program` naming the choices
 */
export async function provisionTemporal(options) {
  /** @type {Settings} */
  const settings = {
    env: options.env,
    cacheDir: options.cacheDir ?? temporalCacheDirectory(options.env),
    onProgress: options.onProgress ?? (() => undefined),
    signal: options.signal,
    downloadBase: options.downloadBase ?? officialBase,
  };
  const found = await findTemporal(settings.env, settings.cacheDir);
  if (found !== null) return found;
  // One at a time: two builds at once would take twice as long each.
  const lock = await waitForLock(join(settings.cacheDir, 'lock'), {
    signal: settings.signal,
    onWait: ({ pid }) => settings.onProgress(`process ${pid} is fetching it already`),
  });
  try {
    return (await findTemporal(settings.env, settings.cacheDir)) ?? (await fetchOrBuild(settings));
  } finally {
    lock.release();
  }
}

/**
 * @param {Settings} settings
 * @returns {Promise<ProvisionedTemporal>}
 */
async function fetchOrBuild(settings) {
  const staging = await mkdtemp(join(settings.cacheDir, 'new-'));
  /** @type {string[]} */
  const reasons = [];
  try {
    for (const [source, obtain] of /** @type {const} */ ([
      ['download', download],
      ['go', build],
    ])) {
      const result = await obtain(staging, settings);
      settings.signal?.throwIfAborted();
      if (result === null) return { path: await keep(staging, settings), source };
      reasons.push(result);
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  throw new BootstrapError(
    'missing_program',
    [
      'There is no Temporal server on this machine, and none could be fetched:',
      ...reasons.map((reason) => `  - ${reason}`),
      'Any one of these helps:',
      '  - install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH',
      `  - install Go 1.25 or later and try again: it builds ${goModule} once, in a few minutes`,
      '  - set TEMPORAL_ADDRESS=host:port to a Temporal server that runs already',
    ].join('\n'),
  );
}

/**
 * Records what the copy is, so that a later start recognises one that was cut short or changed.
 * @param {string} staging
 * @param {Settings} settings
 */
async function keep(staging, { cacheDir }) {
  const path = join(cacheDir, 'temporal');
  const sha256 = await sha256Of(join(staging, 'temporal'));
  renameSync(join(staging, 'temporal'), path);
  const { size, mtimeMs } = statSync(path);
  writeFileSync(join(staging, 'checked.json'), `${JSON.stringify({ sha256, size, mtimeMs }, null, 2)}\n`);
  renameSync(join(staging, 'checked.json'), join(cacheDir, 'checked.json'));
  return path;
}

/**
 * @param {string} staging
 * @param {Settings} settings
 * @returns {Promise<string | null>} why it did not work, or null when the program is in `staging`
 */
async function download(staging, { downloadBase, onProgress, signal }) {
  const url = `${downloadBase}/${temporalVersion}?platform=${process.platform}&arch=${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const archive = join(staging, 'temporal.tar.gz');
  try {
    onProgress('looking for the official download');
    await fetchTo(archive, { url, onProgress, signal });
    onProgress('unpacking');
    // The checksums inside gzip and tar find a damaged archive; the program proves itself by running.
    const { status, stderr, error } = spawnSync('tar', ['-xzf', archive, '-C', staging, 'temporal'], {
      encoding: 'utf8',
    });
    if (status !== 0) return `the download from ${downloadBase} is damaged: ${error?.message ?? stderr.trim()}`;
    rmSync(archive);
    return isTemporal(join(staging, 'temporal'))
      ? null
      : `the program from ${downloadBase} does not run on this machine`;
  } catch (error) {
    signal?.throwIfAborted();
    return `the official download (${downloadBase}) failed: ${describe(error)}`;
  }
}

/**
 * @param {string} path
 * @param {{ url: string, onProgress: (detail: string) => void, signal: AbortSignal | undefined }} options
 */
async function fetchTo(path, { url, onProgress, signal }) {
  const giveUp = new AbortController();
  const watch = (/** @type {number} */ ms) =>
    setTimeout(() => giveUp.abort(new Error(`no answer within ${ms / 1000} s`)), ms);
  let timer = watch(unreachableAfterMs);
  try {
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, giveUp.signal]) : giveUp.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    let bytes = 0;
    const body = Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (response.body));
    body.on('data', (/** @type {Buffer} */ chunk) => {
      bytes += chunk.length;
      clearTimeout(timer);
      timer = watch(stalledAfterMs);
      onProgress(`downloaded ${Math.round(bytes / 1e6)} MB`);
    });
    await pipeline(body, createWriteStream(path));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} staging
 * @param {Settings} settings
 * @returns {Promise<string | null>} why it did not work, or null when the program is in `staging`
 */
async function build(staging, { env, onProgress, signal }) {
  const go = findOnPath('go', env);
  if (go === null) return 'Go, which could build it, is not on PATH';
  onProgress('building it from source with Go (once, a few minutes)');
  const work = join(staging, 'work');
  mkdirSync(work);
  const child = spawn(go, ['install', '-v', '-ldflags=-s -w', goModule], {
    cwd: work,
    // A go.mod above the cache, or a GOOS of the user, must not change what is built.
    env: { ...env, GOBIN: staging, GO111MODULE: 'on', GOWORK: 'off', GOOS: '', GOARCH: '', GOFLAGS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const { lines, code } = await follow(child, onProgress);
  if (code !== 0)
    return `\`go install ${goModule}\` failed:\n${lines
      .slice(-6)
      .map((line) => `      ${line}`)
      .join('\n')}`;
  return isTemporal(join(staging, 'temporal')) ? null : 'the program that Go built does not run';
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, null, Readable>} child
 * @param {(detail: string) => void} onProgress
 */
async function follow(child, onProgress) {
  /** @type {string[]} */
  const lines = [];
  let modules = 0;
  let packages = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('go: ')) onProgress(`fetched the sources of ${++modules} modules`);
    else onProgress(`built ${++packages} packages with Go (once, a few minutes)`);
  });
  /** @type {number | null} */
  const code = await new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', (error) => lines.push(error.message));
  });
  return { lines, code };
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  // fetch says only "fetch failed"; the reason is below it.
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
