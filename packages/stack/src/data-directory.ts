import { realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DomainError, isDomainError } from '@fermata/contracts';
import { makeDirectory } from './processes/make-directory.mjs';

/** Where each thing lives below the data directory. */
export interface DataDirectory {
  root: string;
  /** Holds `data` (the cluster) and, while it is being made, its predecessor. */
  cluster: string;
  postgresPassword: string;
  temporal: string;
  temporalDatabase: string;
  logs: string;
  record: string;
  lock: string;
}

/**
 * Makes the data directory when it is missing and proves that it can be written.
 * @throws DomainError `data_directory_unusable`, `disk_full`
 */
export async function prepareDataDirectory(path: string): Promise<DataDirectory> {
  const wanted = resolve(path);
  try {
    makeDirectory(wanted, 0o700);
    // One spelling: running servers are recognised by the paths on their command line.
    const root = await realpath(wanted);
    const directory = layOut(root);
    makeDirectory(directory.temporal, 0o700);
    makeDirectory(directory.logs, 0o700);
    const probe = join(root, `.probe-${process.pid}`);
    await writeFile(probe, 'probe', { mode: 0o600 });
    await rm(probe, { force: true });
    return directory;
  } catch (error) {
    throw explainDiskError(error, wanted);
  }
}

function layOut(root: string): DataDirectory {
  return {
    root,
    cluster: join(root, 'postgres'),
    postgresPassword: join(root, 'postgres-password'),
    temporal: join(root, 'temporal'),
    temporalDatabase: join(root, 'temporal', 'temporal.db'),
    logs: join(root, 'logs'),
    record: join(root, 'stack.json'),
    lock: join(root, 'lock'),
  };
}

const wayOut = 'Set FERMATA_HOME (or --data-dir) to another directory, or put this one right.';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'it, or something above it, is a file and not a directory',
  EEXIST: 'it is a file and not a directory',
  ELOOP: 'it is a loop of symbolic links',
  ENAMETOOLONG: 'the path is too long',
  ENOENT: 'it cannot be made here',
};

/** Turns a failed file operation under the data directory into a DomainError; a DomainError passes unchanged. */
export function explainDiskError(error: unknown, path: string): DomainError {
  if (isDomainError(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, error);
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new DomainError(
    'data_directory_unusable',
    `The data directory ${path} cannot be used: ${reason}. ${wayOut}`,
    { path },
    { cause: error },
  );
}

/** The disk that holds `path` has no room left. */
export function diskFull(path: string, cause?: unknown): DomainError {
  const message = `No space is left on the disk that holds ${path}. Make room there, or set FERMATA_HOME (or --data-dir) to a directory on another disk; what is stored is intact.`;
  return new DomainError('disk_full', message, { path }, { cause });
}
