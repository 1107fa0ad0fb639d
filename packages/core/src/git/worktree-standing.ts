import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gitText, isAncestor } from './git-command.js';
import type { GitContext } from './git-context.js';
import { readMarker } from './worktree-marker.js';

/** Where the HEAD of a worktree stands relative to the task's branch: an agent may check out what it likes. */
export interface Standing {
  admin: string;
  /** The task's branch; `HEAD` in a worktree without one. */
  branchRef: string;
  tip: string;
  head: string;
  headTree: string;
  onBranch: boolean;
  /** A rebase is going on: its HEAD and its index must be left to it. */
  rebasing: boolean;
  /** Commits that a merge in progress brings in. */
  merging: readonly string[];
}

export async function readStanding(context: GitContext, cwd: string, admin: string): Promise<Standing> {
  const branch = (await readMarker(admin))?.branch ?? null;
  const branchRef = branch === null ? 'HEAD' : `refs/heads/${branch}`;
  const args = ['rev-parse', 'HEAD', 'HEAD^{tree}', `${branchRef}^{commit}`];
  const [head = '', headTree = '', tip = ''] = (await gitText(context, { cwd, args })).split('\n');
  const headFile = await readFile(join(admin, 'HEAD'), 'utf8');
  const onBranch = branch === null || headFile.trim() === `ref: ${branchRef}`;
  const merging = await mergeHeads(context, cwd, { admin, head });
  return { admin, branchRef, tip, head, headTree, onBranch, rebasing: await isRebasing(admin), merging };
}

export async function isRebasing(admin: string): Promise<boolean> {
  const folders = ['rebase-merge', 'rebase-apply'].map((name) => stat(join(admin, name)).catch(() => null));
  return (await Promise.all(folders)).some((found) => found !== null);
}

/** A merge that was committed just before a crash is still announced: it is no longer in progress. */
async function mergeHeads(
  context: GitContext,
  cwd: string,
  { admin, head }: { admin: string; head: string },
): Promise<string[]> {
  const text = await readFile(join(admin, 'MERGE_HEAD'), 'utf8').catch(() => '');
  const open: string[] = [];
  for (const commit of text.split('\n').filter((line) => line !== '')) {
    if (!(await isAncestor(context, cwd, { ancestor: commit, of: head }))) open.push(commit);
  }
  return open;
}
