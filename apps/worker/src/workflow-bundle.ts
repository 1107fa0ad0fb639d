import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const workflowsPath = require.resolve('@fermata/workflows');
/** OpenTelemetry's side inside the workflow sandbox. Recorded histories depend on its version. */
const interceptorModules = [require.resolve('@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors')];
/** Webpack lists every module otherwise. */
const quiet = new DefaultLogger('WARN');
const bundlePath = join(dirname(fileURLToPath(import.meta.url)), 'workflows.bundle.cjs');

/**
 * For every promise of a workflow the SDK notes the stack that made it, so that Temporal's UI can show where a workflow
 * stands. That is half of what a turn costs in the workflow thread, and its current detail says what it waits for. On the
 * first line, so that the lines of the source map stay right.
 */
const withoutStacks = 'Error.stackTraceLimit = 0;';

/** The workflow code as a worker runs it. With `stacks` its errors and its promises have stack traces. */
export async function workflowCode({ stacks }: { stacks: boolean }): Promise<{ code: string }> {
  const code = await readFile((await workflowBundle()).codePath, 'utf8');
  return { code: stacks ? code : withoutStacks + code };
}

/**
 * The workflow code as one file, built when it is missing or when what it was built from has changed. `npm run build`
 * calls it, so that a worker finds it ready.
 */
export async function workflowBundle(): Promise<{ codePath: string }> {
  const digest = await digestOfSources();
  const stampPath = `${bundlePath}.stamp`;
  const stamp = await readFile(stampPath, 'utf8').catch(() => null);
  if (stamp === digest && (await exists(bundlePath))) return { codePath: bundlePath };
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: interceptorModules,
    logger: quiet,
  });
  await mkdir(dirname(bundlePath), { recursive: true });
  await writeWhole(bundlePath, code);
  await writeWhole(stampPath, digest);
  return { codePath: bundlePath };
}

/** Two workers may build at once: each writes a file of its own and renames it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, path);
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const contracts = dirname(require.resolve('@fermata/contracts'));
  for (const folder of [dirname(workflowsPath), contracts]) {
    for (const name of (await readdir(folder, { recursive: true })).sort()) {
      if (name.endsWith('.js')) hash.update(name).update(await readFile(join(folder, name)));
    }
  }
  for (const module of [
    '@temporalio/workflow/package.json',
    '@temporalio/interceptors-opentelemetry-v2/package.json',
  ]) {
    hash.update(await readFile(require.resolve(module)));
  }
  return hash.digest('hex');
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
