import { DomainError, isDomainError } from '@fermata/contracts';
import { isCode } from './worktree-file.js';
import type { WorktreePath } from './worktree-path.js';

/** The system's error on writing a file, as one that says what to do. */
export function describeWriteError(error: unknown, path: WorktreePath): unknown {
  if (isDomainError(error)) return error;
  if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) {
    return new DomainError('disk_full', `${path.shown} could not be written: the disk is full`, {}, { cause: error });
  }
  if (isCode(error, 'EACCES') || isCode(error, 'EPERM') || isCode(error, 'EROFS')) {
    return new DomainError(
      'tool_failed',
      `${path.shown} could not be written: its folder forbids it`,
      {},
      { cause: error },
    );
  }
  if (isCode(error, 'EISDIR') || isCode(error, 'ENAMETOOLONG')) {
    return new DomainError('tool_failed', `${path.shown} cannot be a file: choose another name`, {}, { cause: error });
  }
  return error;
}
