import type { Stats } from 'node:fs';
import { DomainError } from '@fermata/contracts';
import { isCode, openForReading } from './worktree-file.js';
import type { WorktreePath } from './worktree-path.js';

/** Larger files are for the shell and for search: nobody reads them through a model. */
export const maxTextFileBytes = 10 * 1024 * 1024;
const sniffedBytes = 8_192;

export interface TextFile {
  /** A byte order mark is part of it. */
  text: string;
  /** False when bytes that are no UTF-8 were replaced by U+FFFD. */
  isUtf8: boolean;
}

/**
 * Reads a text file of the worktree.
 * @throws DomainError `not_found`, `path_outside_worktree`, or `tool_failed` for folders, binary and huge files
 */
export async function readTextFile(path: WorktreePath): Promise<TextFile> {
  const bytes = await readWhole(path);
  if (looksBinary(bytes)) {
    throw new DomainError(
      'tool_failed',
      `${path.shown} is a binary file (${formatBytes(bytes.length)}), so it has no lines to show or edit`,
    );
  }
  return decode(bytes);
}

export const looksBinary = (bytes: Buffer): boolean => bytes.subarray(0, sniffedBytes).includes(0);

export function decode(bytes: Buffer): TextFile {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), isUtf8: true };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isUtf8: false };
  }
}

async function readWhole(path: WorktreePath): Promise<Buffer> {
  const { handle, stats } = await openForReading(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    refuseSpecial(path, stats);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function unreadable(path: WorktreePath, error: unknown): unknown {
  if (isCode(error, 'ENOENT')) return new DomainError('not_found', `${path.shown} does not exist`);
  if (isCode(error, 'EACCES'))
    return new DomainError('tool_failed', `${path.shown} may not be read: its permissions forbid it`);
  if (isCode(error, 'ENXIO')) return new DomainError('tool_failed', `${path.shown} is no regular file`);
  return error;
}

function refuseSpecial(path: WorktreePath, stats: Stats): void {
  if (stats.isDirectory())
    throw new DomainError('tool_failed', `${path.shown} is a folder, not a file: use list to see what is in it`);
  if (!stats.isFile()) throw new DomainError('tool_failed', `${path.shown} is no regular file`);
  if (stats.size > maxTextFileBytes) {
    const size = formatBytes(stats.size);
    throw new DomainError(
      'tool_failed',
      `${path.shown} has ${size}, more than the ${formatBytes(maxTextFileBytes)} that can be read at once: look at parts of it in the shell (head, tail, sed -n), if you have one`,
    );
  }
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
