import { checkpoint, type CheckpointOptions } from './checkpoint.js';
import { completeLanding, type CompleteLandingOptions } from './complete-landing.js';
import { containedView, type RunInside, showView, takeView } from './contained-view.js';
import { diff, type DiffOptions } from './diff.js';
import { isAncestor } from './git-command.js';
import { createGitContext, type GitOptions, mirrorPath, sandboxFolder, worktreePath } from './git-context.js';
import { inspectRepository } from './inspect-repository.js';
import { listWorktrees } from './list-worktrees.js';
import { mergeTargetIntoWorktree, type MergeTargetOptions } from './merge-target.js';
import { removeMirror, syncMirror, type SyncMirrorOptions } from './mirror.js';
import { prepareLanding, type PrepareLandingOptions } from './prepare-landing.js';
import { publishBranch, type PublishOptions, unpublishBranch } from './publish.js';
import { keepRef, releaseWorktree, type ReleaseWorktreeOptions } from './release-worktree.js';
import { whileThere } from './repository-away.js';
import { trackedFiles, type TrackedFilesOptions } from './tracked-files.js';
import {
  checkedOutCommit,
  prepareDetachedWorktree,
  type PrepareDetachedWorktreeOptions,
  prepareWorktree,
  type PrepareWorktreeOptions,
} from './worktree.js';

export type Git = ReturnType<typeof createGit>;

/**
 * Everything we do with git, on one data directory: `mirrors/<repositoryId>.git` and `worktrees/<worktreeId>`.
 * The user's repository is written only by `completeLanding`, `publishBranch` and `unpublishBranch`. What needs it throws
 * DomainError `repository_away` when it was there before and is not now.
 * @throws DomainError `data_directory_unusable`
 */
export function createGit(options: GitOptions) {
  const context = createGitContext(options);
  return {
    inspectRepository: (location: string) => inspectRepository(context, location),
    syncMirror: (of: SyncMirrorOptions) => whileThere(context, of, () => syncMirror(context, of)),
    removeMirror: (repositoryId: string) => removeMirror(context, repositoryId),
    mirrorPath: (repositoryId: string) => mirrorPath(context, repositoryId),
    worktreePath: (worktreeId: string) => worktreePath(context, worktreeId),
    sandboxFolder: (worktreeId: string) => sandboxFolder(context, worktreeId),
    containedView: (worktreeId: string) => containedView(context, worktreeId),
    showView: (worktreeId: string, run: RunInside) => showView(context, worktreeId, run),
    takeView: (worktreeId: string, run: RunInside) => takeView(context, worktreeId, run),
    prepareWorktree: (of: PrepareWorktreeOptions) => prepareWorktree(context, of),
    prepareDetachedWorktree: (of: PrepareDetachedWorktreeOptions) => prepareDetachedWorktree(context, of),
    checkedOutCommit: (worktreeId: string) => checkedOutCommit(context, worktreeId),
    listWorktrees: () => listWorktrees(context),
    releaseWorktree: (of: ReleaseWorktreeOptions) => releaseWorktree(context, of),
    keepRef: ({ repositoryId, name, commit }: { repositoryId: string; name: string; commit: string }) =>
      keepRef(context, { mirror: mirrorPath(context, repositoryId), name, commit }),
    /** True when `ancestor` is `descendant` or can be reached from it, in the mirror. */
    isAncestor: ({
      repositoryId,
      ancestor,
      descendant,
    }: {
      repositoryId: string;
      ancestor: string;
      descendant: string;
    }) => isAncestor(context, mirrorPath(context, repositoryId), { ancestor, of: descendant }),
    checkpoint: (of: CheckpointOptions) => checkpoint(context, of),
    diff: (of: DiffOptions) => diff(context, of),
    trackedFiles: (of: TrackedFilesOptions) => trackedFiles(context, of),
    mergeTargetIntoWorktree: (of: MergeTargetOptions) => mergeTargetIntoWorktree(context, of),
    prepareLanding: (of: PrepareLandingOptions) => whileThere(context, of, () => prepareLanding(context, of)),
    completeLanding: (of: CompleteLandingOptions) => whileThere(context, of, () => completeLanding(context, of)),
    publishBranch: (of: PublishOptions) => whileThere(context, of, () => publishBranch(context, of)),
    unpublishBranch: (of: PublishOptions) => whileThere(context, of, () => unpublishBranch(context, of)),
  };
}
