import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '@fermata/core/sandbox';
import type { Segment } from './segment.js';

/** A home of the run's own: where its agent finds its configuration and keeps what it remembers. */
export interface AgentHome {
  /** Where it lies. */
  folder: string;
  /** As the agent sees it. */
  path: string;
}

/** What of a stretch says where its home is. */
type HomeOwner = Pick<Segment, 'worktreeId'> & {
  deps: { git: Pick<Segment['deps']['git'], 'sandboxFolder'> };
  run: Pick<Segment['run'], 'id'>;
};

/** The same in each stretch of a run, so that the agent finds its session again. No program of the worktree may be running. */
export async function openAgentHome({ deps, run, worktreeId }: HomeOwner, place: Place): Promise<AgentHome> {
  const shared = join(deps.git.sandboxFolder(worktreeId), 'home');
  await mkdir(shared, { recursive: true });
  const inHome = ['agents', run.id];
  const folder = await ownFolder(shared, inHome);
  const home = place.env['HOME'];
  return { folder, path: place.sandbox === undefined || home === undefined ? folder : join(home, ...inHome) };
}

/** Written anew each time: what an agent has made of its configuration does not last. */
export async function configureAgent(
  { folder }: Pick<AgentHome, 'folder'>,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await writeFile(await clearedPlace(folder, path), content, { mode: 0o600, flag: 'wx' });
  }
}

/** Takes files out of a home, or whatever an agent has put in their place. */
export async function removeFromHome({ folder }: Pick<AgentHome, 'folder'>, paths: readonly string[]): Promise<void> {
  for (const path of paths) await clearedPlace(folder, path);
}

async function clearedPlace(folder: string, path: string): Promise<string> {
  const names = path.split('/');
  const name = names.pop() ?? path;
  const file = join(await ownFolder(folder, names), name);
  await rm(file, { recursive: true, force: true });
  return file;
}

/** Makes folders below one that agents can change, in place of whatever else is there: a link would lead us out of it. */
async function ownFolder(base: string, names: readonly string[]): Promise<string> {
  let folder = base;
  for (const name of names) {
    folder = join(folder, name);
    const found = await lstat(folder).catch(() => null);
    if (found?.isDirectory()) continue;
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
  }
  return folder;
}
