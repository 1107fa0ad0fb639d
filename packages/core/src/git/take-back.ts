import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDomainError } from '@fermata/contracts';
import { gitFields, resolveCommit, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

export interface TakeBack {
  /** What the script said, inside: not to be trusted. */
  said: string;
  bundle: string;
  path: string;
  admin: string;
  /** The task's branch, as a ref. */
  branch: string;
  worktreeId: string;
}

/** Where the agent's repository stands, as far as it can be believed: ids of commits that we have. */
interface Report {
  head: string;
  /** The ref that its HEAD stands on; empty for none. */
  branch: string;
  index: string | null;
  merging: string[];
  rebasing: boolean;
}

/**
 * Moves our own HEAD, branch and index of the worktree to where the agent's are. Of refs only the task's own branch can
 * move; where the agent stands on another, ours is detached. What it has committed elsewhere is kept under
 * `refs/fermata/kept/<worktreeId>`.
 */
export async function takeBack(context: GitContext, taking: TakeBack): Promise<void> {
  const report = parse(taking.said);
  if (report === null || !(await fetchBundle(context, taking))) return;
  const commits = [report.head, ...report.merging, ...(report.index === null ? [] : [report.index])];
  const known = await Promise.all(commits.map((commit) => resolveCommit(context, taking.path, commit)));
  if (known.every((commit) => commit !== null)) await follow(context, taking, report);
  await dropTaken(context, taking);
}

const commitId = /^[0-9a-f]{40,64}$/;

function parse(said: string): Report | null {
  const lines = said.split('\n').map((line) => line.split(' '));
  const valuesOf = (name: string): string[] => lines.flatMap(([key, value]) => (key === name && value ? [value] : []));
  const [head, index, merging] = [valuesOf('head')[0], valuesOf('index')[0] ?? null, valuesOf('merging')];
  const ids = [head ?? '', ...merging, ...(index === null ? [] : [index])];
  if (head === undefined || !ids.every((id) => commitId.test(id))) return null;
  const rebasing = lines.some(([key]) => key === 'rebasing');
  return { head, branch: valuesOf('branch')[0] ?? '', index, merging, rebasing };
}

const takenRefs = ({ worktreeId }: TakeBack): string => `refs/fermata/taken/${worktreeId}`;

/** True also when there is none: then everything is known already. False when what is in it is no good. */
async function fetchBundle(context: GitContext, taking: TakeBack): Promise<boolean> {
  const found = await lstat(taking.bundle).catch(() => null);
  if (found === null) return true;
  // A link made inside would lead outside here.
  if (!found.isFile()) return false;
  const kept = `+refs/fermata/out/kept/*:refs/fermata/kept/${taking.worktreeId}/*`;
  const refspecs = [`+refs/fermata/out/*:${takenRefs(taking)}/*`, kept];
  const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--refmap='];
  const args = ['-c', 'transfer.fsckObjects=true', 'fetch', ...flags, '--', taking.bundle, ...refspecs];
  try {
    await runGit(context, { cwd: taking.path, args });
    return true;
  } catch (error) {
    if (!isDomainError(error) || error.retryable || error.code === 'disk_full') throw error;
    return false;
  }
}

async function follow(context: GitContext, { path: cwd, admin, branch }: TakeBack, report: Report): Promise<void> {
  const { head, index, merging, rebasing } = report;
  if (report.branch === branch && !rebasing) {
    await runGit(context, { cwd, args: ['update-ref', '-m', 'agent', branch, head] });
    await runGit(context, { cwd, args: ['symbolic-ref', 'HEAD', branch] });
  } else {
    await runGit(context, { cwd, args: ['update-ref', '--no-deref', '-m', 'agent', 'HEAD', head] });
  }
  if (index !== null) await runGit(context, { cwd, args: ['read-tree', '--reset', index] });
  await announce(admin, { merging, rebasing });
}

/** The same files by which git itself announces a merge and a rebase, as the next checkpoint looks for them. */
async function announce(admin: string, { merging, rebasing }: Pick<Report, 'merging' | 'rebasing'>): Promise<void> {
  const [mergeHead, rebase] = [join(admin, 'MERGE_HEAD'), join(admin, 'rebase-merge')];
  if (merging.length > 0) await writeFile(mergeHead, `${merging.join('\n')}\n`);
  else await rm(mergeHead, { force: true });
  if (rebasing) await mkdir(rebase, { recursive: true });
  else await rm(rebase, { recursive: true, force: true });
}

async function dropTaken(context: GitContext, taking: TakeBack): Promise<void> {
  const args = ['for-each-ref', '--format=delete %(refname)%00', takenRefs(taking)];
  const orders = (await gitFields(context, { cwd: taking.path, args })).map((order) => order.trim());
  if (orders.length === 0) return;
  await runGit(context, {
    cwd: taking.path,
    args: ['update-ref', '--no-deref', '--stdin'],
    stdin: `${orders.join('\n')}\n`,
  });
}
