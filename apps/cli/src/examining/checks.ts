import { execFile } from 'node:child_process';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bubblewrapIsolation, objectionToBubblewrap, SandboxMode } from '@fermata/contracts';
import { formatAgo } from '../rendering/time.js';
import { modelHint, modelSetUp, storedKeys } from '../starting/model-set-up.js';
import type { Environment } from '../config.js';
import type { Check, Finding } from './finding.js';
import { modelCircuits } from './model-circuits.js';
import { workers } from './workers.js';
import { calledAs } from '../called-as.js';

const run = promisify(execFile);
const programTimeoutMs = 20_000;
const leastNode = 24;
const leastGit = [2, 38] as const;
const needsBytes = 1e9;
const likesBytes = 5e9;

/** What `program args` prints first, or null when it cannot be run. */
async function firstLine(program: string, args: string[], environment: Environment): Promise<string | null> {
  try {
    const { stdout } = await run(program, args, { timeout: programTimeoutMs, env: { ...environment } });
    return stdout.trim().split('\n')[0] ?? '';
  } catch {
    return null;
  }
}

const node: Check = async () => {
  const { node: version } = process.versions;
  const name = 'node';
  if (Number(version.split('.')[0]) >= leastNode) return { name, state: 'ok', detail: version };
  const hint = 'Run ./fermata of the clone: it brings its own Node 24.';
  return { name, state: 'fail', detail: `${version}, and Fermata needs ${leastNode} or later`, hint };
};

const git: Check = async ({ environment }) => {
  const name = 'git';
  const line = await firstLine('git', ['--version'], environment);
  const hint = `Install git ${leastGit.join('.')} or later.`;
  if (line === null) return { name, state: 'fail', detail: 'not on PATH', hint };
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(line) ?? []).slice(1).map(Number);
  const old = major < leastGit[0] || (major === leastGit[0] && minor < leastGit[1]);
  const detail = line.replace(/^git version /, '');
  return old ? { name, state: 'fail', detail: `${detail} is too old`, hint } : { name, state: 'ok', detail };
};

const temporal: Check = async ({ environment }) => {
  const name = 'temporal';
  const address = environment['TEMPORAL_ADDRESS'];
  if (address) return { name, state: 'ok', detail: `the server at ${address} (TEMPORAL_ADDRESS)` };
  const { findTemporal } = await import('@fermata/stack');
  const found = await findTemporal(environment);
  if (found !== null)
    return { name, state: 'ok', detail: `${found.path}${found.source === 'cache' ? ' (our copy)' : ''}` };
  const hint = `\`${calledAs} up\` from the clone fetches one; or install the Temporal CLI, or set TEMPORAL_ADDRESS.`;
  return { name, state: 'fail', detail: 'no Temporal server is here', hint };
};

/** The nearest folder above that exists: where `path` would be made. */
async function existing(path: string): Promise<string> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const there = await access(folder).then(
      () => true,
      () => false,
    );
    if (there || dirname(folder) === folder) return folder;
  }
}

const directory: Check = async ({ home }) => {
  const name = 'data directory';
  const hint = 'Set FERMATA_HOME to a directory that you may write.';
  const folder = await existing(home);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!(await stat(folder)).isDirectory()) return { name, state: 'fail', detail: `${folder} is no directory`, hint };
  if (writable) return { name, state: 'ok', detail: folder === resolve(home) ? home : `${home} (will be made)` };
  return { name, state: 'fail', detail: `${folder} cannot be written by this user`, hint };
};

const disk: Check = async ({ home }) => {
  const name = 'disk';
  const { bavail, bsize } = await statfs(await existing(home));
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free`;
  const hint = 'Make room, or set FERMATA_HOME to a directory on another disk.';
  if (free < needsBytes) return { name, state: 'fail', detail, hint };
  return free < likesBytes ? { name, state: 'warn', detail, hint } : { name, state: 'ok', detail };
};

const server: Check = async ({ home }) => {
  const name = 'server';
  const { lockHolder } = await import('@fermata/stack');
  const holder = lockHolder(`${resolve(home)}/lock`);
  if (holder === null) return { name, state: 'ok', detail: `none runs in ${home}` };
  return {
    name,
    state: 'ok',
    detail: `runs as process ${holder.pid} since ${formatAgo(holder.since.toISOString(), new Date())}`,
  };
};

const ports: Check = async ({ home }) => {
  const name = 'ports';
  const { lockHolder, readStackRecord } = await import('@fermata/stack');
  const kept = Object.values((await readStackRecord(`${resolve(home)}/stack.json`))?.ports ?? {});
  if (lockHolder(`${resolve(home)}/lock`) !== null)
    return { name, state: 'ok', detail: `${kept.join(', ')} in use by the server` };
  if (!(await isFree(0)))
    return {
      name,
      state: 'fail',
      detail: '127.0.0.1 cannot be listened on',
      hint: 'Allow programs of this user to listen on loopback.',
    };
  const taken: number[] = [];
  for (const port of kept) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return { name, state: 'ok', detail: 'free ones are taken when it starts' };
  const hint = 'The next start takes others; nothing needs to be done.';
  return { name, state: 'warn', detail: `${taken.join(', ')} of the last start are taken now`, hint };
};

function isFree(port: number): Promise<boolean> {
  return new Promise((resolveFree) => {
    const probe = createServer()
      .once('error', () => resolveFree(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolveFree(true)));
  });
}

const provider: Check = async ({ environment, secrets }) => {
  const name = 'model provider';
  const { found, model } = modelSetUp(environment);
  // A server that does not run, or does not tell, stores none as far as can be seen from here.
  const stored = found.length === 0 ? storedKeys(await secrets().catch(() => [])) : [];
  if (stored.length > 0) return { name, state: 'ok', detail: `${stored.join(' and ')} stored as a secret` };
  if (found.length === 0) return { name, state: 'warn', detail: 'no key is set', hint: modelHint };
  return { name, state: 'ok', detail: `${found.join(' and ')} set${model === null ? '' : `, model ${model}`}` };
};

/** Runs a program contained, as the worker does with what agents run. */
const containment: Check = async ({ environment }) => {
  const name = 'containment';
  const without = (why: string, hint: string): Finding => ({
    ...{ name, hint },
    state: environment['FERMATA_SANDBOX'] === SandboxMode.required ? 'fail' : 'warn',
    detail: `none: agents run as this user, because ${why}`,
  });
  const trust = 'Until then work on repositories you trust, or in a machine or container of its own.';
  if (environment['FERMATA_SANDBOX'] === SandboxMode.off) return without('FERMATA_SANDBOX is off', 'Unset it.');
  if (process.platform !== 'linux')
    return without('that is done on Linux only', trust.replace('Until then work', 'Work'));
  const printed = await firstLine('bwrap', ['--version'], environment);
  const install = `Install bubblewrap 0.8 or later: apt-get install bubblewrap. ${trust}`;
  if (printed === null) return without('bubblewrap is not on PATH', install);
  const objection = objectionToBubblewrap(printed);
  if (objection !== null) return without(objection, install);
  const probe = [...bubblewrapIsolation, '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '/bin/true'];
  if ((await firstLine('bwrap', probe, environment)) !== null) return { name, state: 'ok', detail: printed };
  const allow = `Allow user namespaces to bwrap: docs/guides/sandbox.md says how. ${trust}`;
  return without('bubblewrap cannot make namespaces here', allow);
};

/** Everything that is looked at, in the order it is shown. */
export const checks: readonly Check[] = [
  node,
  git,
  temporal,
  directory,
  disk,
  server,
  workers,
  modelCircuits,
  ports,
  provider,
  containment,
];
