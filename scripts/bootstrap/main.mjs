import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporalCacheDirectory } from '../../packages/stack/src/temporal/find-temporal.mjs';
import { BootstrapError, unwritableClone } from './bootstrap-error.mjs';
import { prepare, requireGit } from './prepare.mjs';
import { createProgress } from './progress.mjs';
import { endRunning } from './run-logged.mjs';
import { runTarget } from './run-target.mjs';
import { buildStep, generateStep, installStep, nodeOf, temporalStep } from './steps.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const state = join(root, '.fermata', 'bootstrap');

/** What each target runs, below the clone, and whether it needs a Temporal server on this machine. */
const cli = join(root, 'apps', 'cli', 'dist', 'main.js');
/** @type {Record<string, { args: string[], embeds: (args: readonly string[]) => boolean }>} */
const targets = {
  demo: { args: [join(root, 'scripts', 'demo.mjs')], embeds: () => true },
  start: { args: [cli, 'up'], embeds: () => true },
  test: { args: [join(root, 'scripts', 'test.mjs')], embeds: () => true },
  cli: { args: [cli], embeds: ([command]) => command === 'up' },
};

/**
 * @param {readonly string[]} argv `[--prepare] <target> [arguments of the target]`
 */
export async function main(argv) {
  const onlyPrepare = argv[0] === '--prepare';
  const [name = '', ...rest] = onlyPrepare ? argv.slice(1) : argv;
  try {
    const target = targets[name];
    if (target === undefined)
      throw new BootstrapError(
        'invalid_input',
        `unknown target \`${name}\`: use one of ${Object.keys(targets).join(', ')}`,
      );
    requireGit(process.env);
    await prepareUntilSignalled(target.embeds(rest));
    if (onlyPrepare) return;
    const args = [...target.args, ...rest];
    if (!existsSync(String(args[0])))
      throw new BootstrapError(
        'step_failed',
        `${args[0]} is missing from this clone. Restore it with \`git checkout\`.`,
      );
    await runTarget({ program: nodeOf(root), args, env: callable(withNode24(process.env)) });
  } catch (error) {
    process.exitCode = error instanceof BootstrapError && error.code === 'invalid_input' ? 2 : 1;
    process.stderr.write(`fermata: ${error instanceof BootstrapError ? error.message : describe(error)}\n`);
  }
}

/** @param {boolean} embeds */
async function prepareUntilSignalled(embeds) {
  const aborted = new AbortController();
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    aborted.abort();
    endRunning();
    process.stderr.write(`\nfermata: interrupted while setting up; the next start goes on from here\n`);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const clone = { root, logs: state, env: process.env };
  const steps = [installStep(clone), generateStep(clone), buildStep(clone)];
  if (embeds) steps.push(temporalStep(clone));
  try {
    await prepare({
      root,
      state,
      steps,
      progress: createProgress(process.stderr, process.env),
      signal: aborted.signal,
    });
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/**
 * Programs the target starts find the Node 24 of the clone first.
 * @param {NodeJS.ProcessEnv} env
 */
function withNode24(env) {
  return { ...env, PATH: [join(root, 'node_modules', '.bin'), env['PATH'] ?? ''].join(delimiter) };
}

/**
 * Hints name the launcher, as whoever ran npm calls it from where they are.
 * @param {NodeJS.ProcessEnv} env
 */
function callable(env) {
  const launcher = (env['INIT_CWD'] ?? root) === root ? './fermata' : join(root, 'fermata');
  return { ...env, FERMATA_CALLED_AS: env['FERMATA_CALLED_AS'] || launcher };
}

/** @param {string} path that could not be read or written */
function wayOutAt(path) {
  if (path.startsWith(root)) return unwritableClone;
  if (path.startsWith(temporalCacheDirectory(process.env)))
    return 'The Temporal server is kept there: make it writable for this user, or set XDG_CACHE_HOME to another directory.';
  return 'Make that possible for this user and try again.';
}

/** @param {unknown} error */
function describe(error) {
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'ENOSPC') return `no space is left on the disk (${error.message}). Make room and try again.`;
    // What the system refused is the user's to mend: where it happened in our code helps nobody.
    if ('path' in error && typeof error.path === 'string') return `${error.message}. ${wayOutAt(error.path)}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
