import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findTemporal, startTestTemporal } from '@fermata/stack';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    temporalNamespace: string;
    /** The workflow code of the sources as they stand, as one file. */
    workflowBundlePath: string;
  }
}

const workflows = path.join(import.meta.dirname, '../../packages/workflows/src/index.ts');

/** Low enough for a test to reach, and above what the others need. */
const suggestContinueAsNew = 150;

/** One Temporal server and one bundle for a whole run of workflow tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fermata-temporal-'));
  const found = await findTemporal(process.env);
  const [server, { code }] = await Promise.all([
    startTestTemporal({
      dataDir: folder,
      temporalBinary: found?.path,
      dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': suggestContinueAsNew },
    }),
    bundleWorkflowCode({ workflowsPath: workflows, logger: new DefaultLogger('WARN') }),
  ]);
  const bundlePath = path.join(folder, 'workflows.bundle.cjs');
  await writeFile(bundlePath, code);
  project.provide('temporalAddress', server.address);
  project.provide('temporalNamespace', server.namespace);
  project.provide('workflowBundlePath', bundlePath);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
