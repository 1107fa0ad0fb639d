import { unlink } from 'node:fs/promises';
import { openFolder, splitPath } from './worktree-file.js';
import type { WorktreePath } from './worktree-path.js';

/**
 * Removes a file of the worktree; folders that become empty stay, as git does not know them.
 * @throws DomainError `path_outside_worktree` when a folder on the way turned into a symbolic link; the system's error
 */
export async function removeFile(path: WorktreePath): Promise<void> {
  const { folders, name } = splitPath(path);
  const folder = await openFolder(path, folders);
  try {
    await unlink(folder.at(name));
  } finally {
    await folder.handle.close();
  }
}
