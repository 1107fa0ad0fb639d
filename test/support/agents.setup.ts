import path from 'node:path';
import { triedPresets } from '@fermata/contracts';
import { installAgent, temporalCacheDirectory } from '@fermata/stack';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the programs of agents are, each in a folder of its own. */
    agentsDir: string;
  }
}

/** The real programs, once for a machine: they are kept where the Temporal server is. */
export async function setup(project: TestProject): Promise<void> {
  const agentsDir = path.join(temporalCacheDirectory(process.env), '..', 'agents');
  for (const preset of triedPresets) await installAgent({ preset, agentsDir, env: process.env });
  project.provide('agentsDir', agentsDir);
}
