import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpoint } from './checkpoint.js';
import type { Trailers } from './commit-message.js';
import { gitFields, isAncestor, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { gitError } from './git-error.js';
import { linkedAdminFolder } from './worktree-link.js';
import { readStanding } from './worktree-standing.js';

export interface MergeTargetOptions {
  worktreePath: string;
  targetCommit: string;
  /** For the commit of what is not yet committed, should there be anything. */
  trailers?: Trailers;
  signal?: AbortSignal;
}

export interface MergedTarget {
  state: 'clean' | 'conflict';
  /** With `conflict`: the files an agent has to resolve. */
  files: string[];
}

/**
 * Merges newer commits of the target into the task's branch. Conflicts stay in the files, with git's markers, and the
 * next checkpoint commits them, resolved or not, as a merge. Repeating it says the same until then.
 */
export async function mergeTargetIntoWorktree(context: GitContext, options: MergeTargetOptions): Promise<MergedTarget> {
  const { worktreePath: cwd, targetCommit } = options;
  const admin = await linkedAdminFolder(context, cwd);
  const before = await readStanding(context, cwd, admin);
  if (before.merging.includes(targetCommit)) return { state: 'conflict', files: await unmergedFiles(context, cwd) };
  await undoBrokenMerge(context, { cwd, admin, targetCommit, head: before.head });
  const message = 'Save work before merging the target';
  const { commit } = await checkpoint(context, {
    worktreePath: cwd,
    message,
    trailers: options.trailers ?? {},
    final: true,
  });
  if (await isAncestor(context, cwd, { ancestor: targetCommit, of: commit })) return { state: 'clean', files: [] };
  await writeFile(join(admin, intentFile), intentOf(commit, targetCommit));
  const merged = await merge(context, options);
  await rm(join(admin, intentFile), { force: true });
  return merged;
}

/** Written before a merge and removed after it: when it is found, we died in between. */
const intentFile = 'fermata-merging';
const intentOf = (head: string, targetCommit: string): string => `${head} ${targetCommit}`;

interface BrokenMerge {
  cwd: string;
  admin: string;
  targetCommit: string;
  head: string;
}

/** All work was committed before the merge began, so half-merged files hold nothing of worth. */
async function undoBrokenMerge(context: GitContext, { cwd, admin, targetCommit, head }: BrokenMerge): Promise<void> {
  const intent = await readFile(join(admin, intentFile), 'utf8').catch(() => null);
  if (intent === intentOf(head, targetCommit)) await runGit(context, { cwd, args: ['reset', '--quiet', '--hard'] });
  if (intent !== null) await rm(join(admin, intentFile), { force: true });
}

async function merge(
  context: GitContext,
  { worktreePath: cwd, targetCommit, signal }: MergeTargetOptions,
): Promise<MergedTarget> {
  const message = `Merge target ${targetCommit.slice(0, 12)}`;
  const args = [
    '-c',
    'merge.conflictStyle=merge',
    'merge',
    '--quiet',
    '--no-edit',
    '--ff',
    '--no-verify',
    '-m',
    message,
    targetCommit,
  ];
  const result = await runGit(context, { cwd, args, signal, answers: [0, 1] });
  if (result.exitCode === 0) return { state: 'clean', files: [] };
  const files = await unmergedFiles(context, cwd);
  // Git says 1 for other refusals too.
  if (files.length === 0) throw gitError(result, { cwd, args: ['merge'] });
  return { state: 'conflict', files };
}

/** Paths with more than one version in the index. */
export async function unmergedFiles(context: GitContext, cwd: string): Promise<string[]> {
  const fields = await gitFields(context, {
    cwd,
    args: ['diff', '--ignore-submodules=dirty', '--name-only', '--diff-filter=U', '-z'],
  });
  return [...new Set(fields)];
}
