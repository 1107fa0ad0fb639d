import { lstat, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DomainError } from '@fermata/contracts';

/** A path of the agent, resolved. */
export interface WorktreePath {
  /** The worktree itself, symbolic links resolved. */
  root: string;
  /** Absolute, symbolic links resolved, inside `root`. It need not exist. */
  absolute: string;
  /** As the agent writes it: relative to the worktree, with `/`; `.` for the worktree itself. */
  shown: string;
  exists: boolean;
}

const maxLinks = 40;

/**
 * Where a path of the agent leads. `..` is resolved by name, as the agent means it; symbolic links are followed one by
 * one, so that a link that leads out is found also when its target does not exist yet. This is the first check; what is
 * opened is checked again, because links may change in between (`openForReading`, `openFolder`).
 * @throws DomainError `path_outside_worktree` when it leads out of the worktree or into git's own files; `invalid_input`
 *   when it cannot be a path
 */
export async function resolveWorktreePath(worktree: string, path: string): Promise<WorktreePath> {
  if (path === '' || path.includes('\0'))
    throw new DomainError('invalid_input', 'the path is empty or has a NUL in it');
  const root = await realpath(worktree);
  const named = segmentsInside(root, worktree, path);
  const { segments, exists } = await followLinks(root, named, path);
  return { root, absolute: join(root, ...segments), shown: named.join('/') || '.', exists };
}

/** The names along the path below the worktree. An absolute path may name the worktree with or without its links resolved. */
function segmentsInside(root: string, worktree: string, path: string): string[] {
  const bases = isAbsolute(path) ? [root, resolve(worktree)] : [root];
  for (const base of bases) {
    const inside = relative(base, resolve(base, path));
    if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) {
      const segments = inside.split(sep).filter((segment) => segment !== '');
      refuseGitFolder(segments, path);
      return segments;
    }
  }
  throw outside(path, 'it leads out of the worktree');
}

interface Walk {
  done: string[];
  pending: string[];
  links: number;
}

async function followLinks(
  root: string,
  named: readonly string[],
  path: string,
): Promise<{ segments: string[]; exists: boolean }> {
  const walk: Walk = { done: [], pending: [...named], links: 0 };
  for (let next = walk.pending.shift(); next !== undefined; next = walk.pending.shift()) {
    if (next === '..') {
      if (walk.done.pop() === undefined) throw outside(path, 'a symbolic link on it leads out of the worktree');
      continue;
    }
    const current = join(root, ...walk.done, next);
    const kind = await kindOf(current, path);
    if (kind === 'missing') {
      const segments = [...walk.done, next, ...walk.pending];
      if (walk.pending.includes('..')) throw outside(path, 'a symbolic link on it leads to nowhere');
      refuseGitFolder(segments, path);
      return { segments, exists: false };
    }
    if (kind === 'link') await spliceLink(walk, { root, link: current, path });
    else walk.done.push(next);
  }
  refuseGitFolder(walk.done, path);
  return { segments: walk.done, exists: true };
}

/** @param path - what the agent asked for, for the message */
async function kindOf(file: string, path: string): Promise<'link' | 'other' | 'missing'> {
  try {
    return (await lstat(file)).isSymbolicLink() ? 'link' : 'other';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'missing';
    if (code === 'ENOTDIR')
      throw new DomainError('invalid_input', `${path} leads through a file, and a file has nothing below it`);
    if (code === 'ENAMETOOLONG') throw new DomainError('invalid_input', 'the path is too long');
    throw error;
  }
}

interface Link {
  root: string;
  link: string;
  /** What the agent asked for, for the message. */
  path: string;
}

async function spliceLink(walk: Walk, { root, link, path }: Link): Promise<void> {
  walk.links++;
  if (walk.links > maxLinks) throw outside(path, 'its symbolic links go round in a circle');
  const target = await readlink(link);
  if (!isAbsolute(target)) {
    walk.pending.unshift(...target.split(sep).filter((segment) => segment !== '' && segment !== '.'));
    return;
  }
  const inside = relative(root, target);
  if (inside === '..' || inside.startsWith(`..${sep}`))
    throw outside(path, 'a symbolic link on it leads out of the worktree');
  walk.done = [];
  walk.pending.unshift(...inside.split(sep).filter((segment) => segment !== ''));
}

/** `.git` holds hooks and configuration that git runs: writing there would be running code outside of the agent's limits. */
function refuseGitFolder(segments: readonly string[], path: string): void {
  // File systems that ignore case would open `.GIT` all the same.
  if (segments.some((segment) => segment.toLowerCase() === '.git')) {
    throw outside(path, '.git belongs to git: use git commands in the shell, if you have one');
  }
}

/** @param why - a half sentence */
export const outside = (path: string, why: string): DomainError =>
  new DomainError('path_outside_worktree', `${path} cannot be used: ${why}. Use a path inside the worktree.`);
