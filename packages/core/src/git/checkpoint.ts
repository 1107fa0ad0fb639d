import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitMessage, type Trailers } from './commit-message.js';
import { gitText, isAncestor, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { copyOfIndex, stageAll } from './staging.js';
import { linkedAdminFolder } from './worktree-link.js';
import { isRebasing, readStanding, type Standing } from './worktree-standing.js';

export interface CheckpointOptions {
  worktreePath: string;
  message: string;
  trailers: Trailers;
  /** Also points to the commit, changed or not: `refs/fermata/checkpoints/<agentRunId>/<n>`. */
  ref?: string;
  /** The agent has ended: what the worktree holds now is its result, and HEAD comes back to the task's branch. */
  final?: boolean;
  signal?: AbortSignal;
}

export interface Checkpoint {
  commit: string;
  tree: string;
  /** False when the files are as HEAD has them: no commit was made. */
  changed: boolean;
}

/**
 * Commits everything in the worktree that is not ignored, if it differs from HEAD. Concludes a merge in progress.
 *
 * The task's branch follows as long as HEAD stands on it or ahead of it, on whatever branch the agent made. While HEAD
 * is elsewhere (an older commit, a rebase) only `ref` is written, so that an agent can look around undisturbed; `final`
 * ends that. Repeating it is harmless. Runs after each tool call: four quick git commands at most.
 */
export async function checkpoint(context: GitContext, options: CheckpointOptions): Promise<Checkpoint> {
  const { worktreePath: cwd, final = false, signal } = options;
  return context.queue.run(cwd, async () => {
    const admin = await linkedAdminFolder(context, cwd);
    if (final) await endRebase(admin);
    const env = (await isRebasing(admin)) ? await copyOfIndex(admin) : {};
    const staged = stageAll(context, { worktreePath: cwd, admin, env, signal });
    const [standing] = await both(readStanding(context, cwd, admin), staged);
    const tree = await gitText(context, { cwd, env, args: ['write-tree'] });
    const position = await positionOf(context, cwd, { standing, final });
    return conclude(context, { options, standing, tree, ...position });
  });
}

/** `follow`: the branch goes along with HEAD. `snapshot`: it stays where it is. `return`: HEAD comes back to it. */
type Course = 'follow' | 'snapshot' | 'return';

interface Position {
  course: Course;
  /** HEAD has everything that the branch has. */
  ahead: boolean;
}

async function positionOf(
  context: GitContext,
  cwd: string,
  { standing, final }: { standing: Standing; final: boolean },
): Promise<Position> {
  const { rebasing, head, tip, onBranch } = standing;
  const ahead = head === tip || (await isAncestor(context, cwd, { ancestor: tip, of: head }));
  if (rebasing) return { course: 'snapshot', ahead };
  if (final && !onBranch) return { course: 'return', ahead };
  return { course: ahead ? 'follow' : 'snapshot', ahead };
}

interface Conclusion extends Position {
  options: CheckpointOptions;
  standing: Standing;
  tree: string;
}

async function conclude(context: GitContext, conclusion: Conclusion): Promise<Checkpoint> {
  const { options, standing, tree, course } = conclusion;
  const { worktreePath: cwd } = options;
  const changed = tree !== standing.headTree || standing.merging.length > 0;
  const commit = changed ? await makeCommit(context, conclusion) : unchangedCommit(conclusion);
  await moveRefs(context, cwd, updatesFor(conclusion, commit));
  if (course === 'return') {
    await runGit(context, { cwd, args: ['symbolic-ref', 'HEAD', standing.branchRef] });
    await runGit(context, { cwd, args: ['reset', '--quiet', '--hard'] });
  }
  if (course !== 'snapshot') await forgetMerge(standing.admin);
  return { commit, tree, changed };
}

async function makeCommit(
  context: GitContext,
  { options, standing, tree, course, ahead }: Conclusion,
): Promise<string> {
  const { head, tip, merging } = standing;
  const first = course === 'return' && !ahead ? [tip, head] : [head];
  const parents = [...new Set([...first, ...merging])].flatMap((parent) => ['-p', parent]);
  const stdin = commitMessage(options.message, options.trailers);
  const args = ['commit-tree', tree, ...parents, '-F', '-'];
  return gitText(context, { cwd: options.worktreePath, args, stdin });
}

/** An agent that ended while it looked at something older, and changed nothing there, has its branch as the result. */
function unchangedCommit({ standing, course, ahead }: Conclusion): string {
  return course === 'return' && !ahead ? standing.tip : standing.head;
}

/** Orders for `git update-ref --stdin`: all of them happen or none. */
function updatesFor({ options, standing, course }: Conclusion, commit: string): string[] {
  const { branchRef, tip, head, onBranch } = standing;
  const updates: string[] = [];
  if (course !== 'snapshot' && commit !== tip) updates.push(`update ${branchRef} ${commit} ${tip}`);
  if (course === 'follow' && !onBranch && commit !== head) updates.push(`update HEAD ${commit} ${head}`);
  if (options.ref !== undefined) updates.push(`update ${options.ref} ${commit}`);
  return updates;
}

async function moveRefs(context: GitContext, cwd: string, updates: readonly string[]): Promise<void> {
  if (updates.length === 0) return;
  await runGit(context, { cwd, args: ['update-ref', '-m', 'checkpoint', '--stdin'], stdin: `${updates.join('\n')}\n` });
}

async function endRebase(admin: string): Promise<void> {
  for (const name of ['rebase-merge', 'rebase-apply']) await rm(join(admin, name), { recursive: true, force: true });
}

async function forgetMerge(admin: string): Promise<void> {
  const files = ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'AUTO_MERGE'];
  await Promise.all(files.map((name) => rm(join(admin, name), { force: true })));
}

/** Waits for both also when one fails, so that nothing of ours is still running in the worktree afterwards. */
async function both<First, Second>(first: Promise<First>, second: Promise<Second>): Promise<[First, Second]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
