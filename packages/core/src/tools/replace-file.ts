import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { openFolder, ignoreCode, splitPath } from './worktree-file.js';
import type { WorktreePath } from './worktree-path.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const permissionBits = 0o777;

/**
 * Gives a file new contents in one step: whoever reads it, or a crash, finds the old or the new ones. Missing folders are
 * made; the mode of an existing file is kept; a hard link elsewhere keeps the old contents.
 * @param like the file whose mode a new one gets
 * @throws DomainError `path_outside_worktree` when a folder on the way turned into a symbolic link
 */
export async function replaceFile(path: WorktreePath, contents: string, like?: WorktreePath): Promise<void> {
  const { folders, name } = splitPath(path);
  const folder = await openFolder(path, folders);
  const temporary = folder.at(temporaryName(name));
  try {
    const mode = (await modeOf(folder.at(name))) ?? (like ? await modeOf(like.absolute) : null);
    await unlink(temporary).catch(ignoreCode('ENOENT'));
    await writeNew(temporary, contents, mode);
    await rename(temporary, folder.at(name));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await folder.handle.close();
  }
}

/** The same name each time, so that a write that is run again after a crash removes what the first one left. */
export const temporaryName = (name: string): string =>
  `.fermata-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.tmp`;

async function modeOf(file: string): Promise<number | null> {
  const stats = await lstat(file).catch(ignoreCode('ENOENT'));
  return stats?.isFile() === true ? stats.mode & permissionBits : null;
}

async function writeNew(file: string, contents: string, mode: number | null): Promise<void> {
  const handle = await open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode ?? 0o666);
  try {
    await handle.writeFile(contents, 'utf8');
    // The mask of the process applies to the mode given to `open`.
    if (mode !== null) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
