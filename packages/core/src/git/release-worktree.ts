import { readFile, stat } from 'node:fs/promises';
import { checkpoint } from './checkpoint.js';
import type { Trailers } from './commit-message.js';
import { forgetSandbox } from './contained-view.js';
import { gitText, resolveCommit, runGit } from './git-command.js';
import { type GitContext, mirrorPath, worktreePath } from './git-context.js';
import { ifThere } from './if-there.js';
import { removeTree } from './remove-tree.js';
import { adminFolderOf } from './worktree-link.js';
import { readMarker, removeMarker, type WorktreeMarker } from './worktree-marker.js';

export interface ReleaseWorktreeOptions {
  repositoryId: string;
  worktreeId: string;
  /** For the commit of what is not yet committed, should there be anything. */
  trailers?: Trailers;
}

export interface ReleasedWorktree {
  /** Refs under which everything that was in the worktree can be found again. Empty for scratch. */
  kept: { ref: string; commit: string }[];
  /** Changes that nobody had committed were committed now. */
  savedChanges: boolean;
}

/**
 * Law 4: removes a worktree once everything in it is committed and reachable from a ref that stays. Ignored files go, and
 * so does everything in a detached worktree, which is scratch. Repeating it is harmless.
 */
export async function releaseWorktree(context: GitContext, options: ReleaseWorktreeOptions): Promise<ReleasedWorktree> {
  const { repositoryId, worktreeId } = options;
  const mirror = mirrorPath(context, repositoryId);
  const path = worktreePath(context, worktreeId);
  const admin = adminFolderOf(context, repositoryId, worktreeId);
  const marker = await readMarker(admin);
  const released =
    marker === null || marker.branch === null ? nothing : await save(context, { options, path, mirror, marker });
  await context.queue.run(mirror, async () => {
    // From here on the worktree counts as half-removed: after a crash it is not taken for one to go on in.
    await removeMarker(admin);
    await forgetSandbox(context, worktreeId);
    await removeTree(path);
    await removeTree(admin);
  });
  return released;
}

const nothing: ReleasedWorktree = { kept: [], savedChanges: false };

interface Saving {
  options: ReleaseWorktreeOptions;
  path: string;
  mirror: string;
  marker: WorktreeMarker;
}

async function save(context: GitContext, { options, path, mirror, marker }: Saving): Promise<ReleasedWorktree> {
  const branchRef = `refs/heads/${marker.branch ?? ''}`;
  if ((await ifThere(stat(path))) === null) {
    const tip = await resolveCommit(context, mirror, branchRef);
    return { kept: tip === null ? [] : [{ ref: branchRef, commit: tip }], savedChanges: false };
  }
  const headBefore = await headOf(context, path, options);
  const message = 'Save what was left in the worktree';
  const saved = await checkpoint(context, {
    worktreePath: path,
    message,
    trailers: options.trailers ?? {},
    final: true,
  });
  const commits = [...new Set([headBefore, saved.commit])];
  const kept = await Promise.all(
    commits.map((commit) => keep(context, { mirror, commit, branchRef, name: options.worktreeId })),
  );
  return { kept: [...new Map(kept.map((entry) => [entry.ref, entry])).values()], savedChanges: saved.changed };
}

/** An agent may have left its branch: where it stood is kept too. */
async function headOf(context: GitContext, path: string, options: ReleaseWorktreeOptions): Promise<string> {
  const admin = adminFolderOf(context, options.repositoryId, options.worktreeId);
  const head = await resolveCommit(context, path, 'HEAD');
  return head ?? (await readFile(`${admin}/ORIG_HEAD`, 'utf8')).trim();
}

interface Keeping {
  mirror: string;
  commit: string;
  branchRef: string;
  name: string;
}

async function keep(
  context: GitContext,
  { mirror, commit, branchRef, name }: Keeping,
): Promise<{ ref: string; commit: string }> {
  const patterns = [branchRef, 'refs/heads/', 'refs/fermata/kept/'];
  for (const pattern of patterns) {
    const args = ['for-each-ref', `--contains=${commit}`, '--count=1', '--format=%(refname)', pattern];
    const ref = await gitText(context, { cwd: mirror, args });
    if (ref !== '') return { ref, commit };
  }
  return { ref: await keepRef(context, { mirror, name: `${name}/${commit.slice(0, 12)}`, commit }), commit };
}

/** Keeps a commit under `refs/fermata/kept/<name>`, which no path of ours ever removes. */
export async function keepRef(
  context: GitContext,
  { mirror, name, commit }: { mirror: string; name: string; commit: string },
): Promise<string> {
  const ref = `refs/fermata/kept/${name}`;
  await runGit(context, { cwd: mirror, args: ['update-ref', ref, commit] });
  return ref;
}
