import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { type GitEnvironments, writeGitConfiguration } from './git-configuration.js';
import { KeyedQueue } from './keyed-queue.js';

export interface GitIdentity {
  name: string;
  email: string;
}

export interface GitOptions {
  /** Where mirrors and worktrees live. Made when missing. */
  dataDir: string;
  /** The environment of our process, of which git gets an allow-list. */
  env: Readonly<Record<string, string | undefined>>;
  /** Author and committer of what we commit. Default `Fermata <fermata@localhost>`. */
  identity?: GitIdentity;
  /** How long a lock held by somebody else is waited for. Default 5000. */
  lockPatienceMs?: number;
}

/** What every git operation of ours needs to know. */
export interface GitContext {
  /** Canonical: git names lock files by their real path. */
  dataDir: string;
  environments: GitEnvironments;
  lockPatienceMs: number;
  queue: KeyedQueue;
}

/** @throws DomainError `data_directory_unusable` when the data directory cannot be made or written to */
export function createGitContext(options: GitOptions): GitContext {
  const { identity = { name: 'Fermata', email: 'fermata@localhost' }, lockPatienceMs = 5_000 } = options;
  try {
    for (const folder of ['mirrors', 'worktrees', 'landings', 'sandboxes']) {
      mkdirSync(join(options.dataDir, folder), { recursive: true });
    }
    const dataDir = realpathSync(options.dataDir);
    const environments = writeGitConfiguration(dataDir, { env: options.env, identity });
    return { dataDir, environments, lockPatienceMs, queue: new KeyedQueue() };
  } catch (error) {
    const message = `the data directory ${options.dataDir} cannot be used: make it writable, or choose another`;
    throw new DomainError('data_directory_unusable', message, { dataDir: options.dataDir }, { cause: error });
  }
}

export function mirrorPath(context: GitContext, repositoryId: string): string {
  return join(context.dataDir, 'mirrors', `${safeName(repositoryId)}.git`);
}

export function worktreePath(context: GitContext, worktreeId: string): string {
  return join(context.dataDir, 'worktrees', safeName(worktreeId));
}

/** What the sandboxes of a worktree keep between two commands; it goes with the worktree. */
export function sandboxFolder(context: GitContext, worktreeId: string): string {
  return join(context.dataDir, 'sandboxes', safeName(worktreeId));
}

/** An id becomes a folder's name: nothing may climb out of the data directory, nor begin like an option. */
function safeName(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$/.test(id)) return id;
  throw new DomainError('invalid_input', `"${id}" cannot name a folder: use letters, digits, dashes and underscores`);
}
