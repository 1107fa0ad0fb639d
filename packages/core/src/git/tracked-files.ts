import { gitFields } from './git-command.js';
import { type GitContext, mirrorPath } from './git-context.js';

export type TrackedFilesOptions = { limit: number; signal?: AbortSignal } & (
  { repositoryId: string; commit: string } | { worktreePath: string }
);

export interface TrackedFiles {
  /** Paths from the repository's top, in git's order, at most `limit` of them. */
  files: string[];
  total: number;
}

/** What a commit of the mirror, or the HEAD of a worktree, consists of. */
export async function trackedFiles(context: GitContext, options: TrackedFilesOptions): Promise<TrackedFiles> {
  const [cwd, commit] =
    'commit' in options ? [mirrorPath(context, options.repositoryId), options.commit] : [options.worktreePath, 'HEAD'];
  const args = ['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit];
  const files = await gitFields(context, { cwd, args, signal: options.signal });
  return { files: files.slice(0, options.limit), total: files.length };
}
