import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Place } from '@fermata/core/sandbox';
import type { Segment } from './segment.js';

/** A home of the run's own: where its agent finds its configuration and keeps what it remembers. */
export interface AgentHome {
  /** Where it lies. */
  folder: string;
  /** As the agent sees it. */
  path: string;
}

/** The same in each stretch of a run, so that the agent finds its session again. */
export async function openAgentHome({ deps, run, worktreeId }: Segment, place: Place): Promise<AgentHome> {
  const inHome = join('agents', run.id);
  const folder = join(deps.git.sandboxFolder(worktreeId), 'home', inHome);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const home = place.env['HOME'];
  return { folder, path: place.sandbox === undefined || home === undefined ? folder : join(home, inHome) };
}

/** Written anew each time: what an agent has made of its configuration does not last. */
export async function configureAgent({ folder }: AgentHome, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // A link that the agent left there would lead the writing out.
    await rm(path, { force: true });
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  }
}
