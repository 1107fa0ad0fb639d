import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { outside, type WorktreePath } from './worktree-path.js';

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;

/**
 * Opens an existing file for reading and proves from the open file itself that it is the one that was resolved: a folder
 * on the way may have been swapped for a symbolic link since.
 * @throws DomainError `path_outside_worktree` when it is not; the system's error (ENOENT, …) when it cannot be opened
 */
export async function openForReading(path: WorktreePath): Promise<{ handle: FileHandle; stats: Stats }> {
  // A named pipe without a writer would block for ever without O_NONBLOCK.
  const handle = await open(path.absolute, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    throw isCode(error, 'ELOOP') ? swapped(path) : error;
  });
  try {
    const stats = await handle.stat();
    if ((await pathOfOpen(handle, path.absolute, stats)) !== path.absolute) throw swapped(path);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** An open folder of the worktree, and names below it that nobody can lead elsewhere. */
export interface OpenFolder {
  handle: FileHandle;
  /** A path to `name` in this very folder, wherever the folder's own path leads by now. */
  at(name: string): string;
}

/**
 * Opens the folder at `segments` below the worktree, step by step and never through a symbolic link; missing folders are
 * made. Node has no `openat`; on Linux `/proc/self/fd/<n>/<name>` is the same. Elsewhere it goes by path, and a swap
 * between two steps is not seen.
 */
export async function openFolder(path: WorktreePath, segments: readonly string[]): Promise<OpenFolder> {
  let folder = await openStep(path.root, path.root);
  for (const segment of segments) {
    const parent = folder;
    try {
      await mkdir(parent.at(segment)).catch(ignoreCode('EEXIST'));
      folder = await openStep(parent.at(segment), join(parent.real, segment)).catch((error: unknown) => {
        throw isCode(error, 'ELOOP') || isCode(error, 'ENOTDIR') ? swapped(path) : error;
      });
    } finally {
      await parent.handle.close();
    }
  }
  return folder;
}

async function openStep(way: string, real: string): Promise<OpenFolder & { real: string }> {
  const handle = await open(way, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const base = pathThrough(handle, real);
  return { handle, real, at: (name) => join(base, name) };
}

/** A path to what is open, wherever its own path leads by now; outside of Linux its own path. */
export const pathThrough = (handle: FileHandle, path: string): string =>
  process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;

/** The names of the folders between the worktree and the file, and the file's own. */
export function splitPath(path: WorktreePath): { folders: string[]; name: string } {
  const folders = relative(path.root, path.absolute).split(sep);
  const name = folders.pop();
  if (name === undefined || name === '')
    throw new DomainError('invalid_input', 'this is the worktree itself, not a file');
  return { folders, name };
}

async function pathOfOpen(handle: FileHandle, path: string, stats: Stats): Promise<string> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${handle.fd}`);
  const now = await stat(path);
  return now.ino === stats.ino && now.dev === stats.dev ? realpath(path) : '';
}

const swapped = (path: WorktreePath): DomainError =>
  outside(path.shown, 'it was replaced by something else while it was being opened');

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

export const ignoreCode =
  (code: string) =>
  (error: unknown): void => {
    if (!isCode(error, code)) throw error;
  };
