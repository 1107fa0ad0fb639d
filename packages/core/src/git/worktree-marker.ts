import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { ifThere } from './if-there.js';

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

/**
 * Null only when there is none: a marker that cannot be read says nothing about what is in the worktree.
 * @throws DomainError `unavailable`, `data_directory_unusable` (damaged)
 */
export async function readMarker(adminFolder: string): Promise<WorktreeMarker | null> {
  const path = join(adminFolder, fileName);
  const text = await ifThere(readFile(path, 'utf8'));
  return text === null ? null : parsed(text, path);
}

function parsed(text: string, path: string): WorktreeMarker {
  try {
    return JSON.parse(text) as WorktreeMarker;
  } catch (error) {
    const message = `${path} is damaged: save what you need of its worktree, then remove that file`;
    throw new DomainError('data_directory_unusable', message, { path }, { cause: error });
  }
}

/** On the disk before it has its name, so that no power cut leaves half of it. */
export async function writeMarker(adminFolder: string, marker: WorktreeMarker): Promise<void> {
  const path = join(adminFolder, fileName);
  await writeFile(`${path}.tmp`, JSON.stringify(marker), { flush: true });
  await rename(`${path}.tmp`, path);
}

export async function removeMarker(adminFolder: string): Promise<void> {
  await rm(join(adminFolder, fileName), { force: true });
}
