import { gitText, isAncestor, resolveCommit, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

/** On every commit made for a task. */
export const taskTrailer = 'Fermata-Task';

/** On what is landed: the head of the branch that was squashed into it. */
export const headTrailer = 'Fermata-Head';

interface LandedQuery {
  task: string;
  /** The task's branch as it is now. */
  head: string;
  /** Of the target, where the branch began or what it merged last: how far back the target is looked through. */
  since: string;
  targetCommit: string;
}

/**
 * The commit of the target by which all of the branch has landed: its head, where somebody merged it, or one that holds
 * exactly its changes. The task's trailer alone proves nothing: an earlier state of the branch has it too.
 */
export async function landedCommit(context: GitContext, mirror: string, query: LandedQuery): Promise<string | null> {
  const { head, targetCommit } = query;
  const isMerged = await isAncestor(context, mirror, { ancestor: head, of: targetCommit });
  const named = await commitsOfTask(context, mirror, { ...query, besides: isMerged ? [] : [`^${head}`] });
  if (isMerged) return named.length > 0 ? head : null;
  for (const { commit, squashed } of named) {
    if (squashed === head || (await isSquashOf(context, mirror, { commit, head }))) return commit;
  }
  return null;
}

interface NamedCommit {
  commit: string;
  /** The head it says it was made from. */
  squashed: string | undefined;
}

/** Commits of the target's recent history that say they belong to the task, newest first. */
async function commitsOfTask(
  context: GitContext,
  cwd: string,
  { task, since, targetCommit, besides }: LandedQuery & { besides: string[] },
): Promise<NamedCommit[]> {
  const [tasks, heads] = [taskTrailer, headTrailer].map((key) => `%(trailers:key=${key},valueonly,separator=%x09)`);
  const range = [`${since}..${targetCommit}`, ...besides];
  const args = ['log', '-z', `--format=%H%n${tasks}%n${heads}`, ...range, '--'];
  const entries = (await gitText(context, { cwd, args })).split('\0').map((entry) => entry.split('\n'));
  return entries
    .filter(([, named = '']) => named.split('\t').some((name) => name.trim() === task))
    .map(([commit = '', , head]) => ({ commit, squashed: head?.trim() }));
}

/** Made again on the same parent, the change gives the same files: also when a person rebased or squashed the branch. */
async function isSquashOf(
  context: GitContext,
  cwd: string,
  { commit, head }: { commit: string; head: string },
): Promise<boolean> {
  const parent = await resolveCommit(context, cwd, `${commit}^`);
  if (parent === null) return false;
  const args = ['merge-tree', '--write-tree', '--no-messages', parent, head];
  const { exitCode, stdout } = await runGit(context, { cwd, args, answers: [0, 1] });
  return exitCode === 0 && stdout.trim() === (await gitText(context, { cwd, args: ['rev-parse', `${commit}^{tree}`] }));
}
