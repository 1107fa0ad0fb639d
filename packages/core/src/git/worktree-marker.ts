import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Written into a worktree's administrative folder when it is complete, and removed before it is taken down. A worktree
 * without it is half-made or half-removed: nobody has worked in it, or everything in it was saved.
 */
export interface WorktreeMarker {
  repositoryId: string;
  /** Null for a detached worktree, which is scratch. */
  branch: string | null;
}

const fileName = 'fermata.json';

export async function readMarker(adminFolder: string): Promise<WorktreeMarker | null> {
  try {
    return JSON.parse(await readFile(join(adminFolder, fileName), 'utf8')) as WorktreeMarker;
  } catch {
    return null;
  }
}

export async function writeMarker(adminFolder: string, marker: WorktreeMarker): Promise<void> {
  const path = join(adminFolder, fileName);
  await writeFile(`${path}.tmp`, JSON.stringify(marker));
  await rename(`${path}.tmp`, path);
}

export async function removeMarker(adminFolder: string): Promise<void> {
  await rm(join(adminFolder, fileName), { force: true });
}
