import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitFields, gitText, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import type { LandingJournal } from './landing-journal.js';
import { touchedPaths } from './landing-obstacles.js';
import { isTaken } from './user-checkouts.js';

/**
 * Files of a half-moved checkout that are neither as before nor as after the landing, nor the beginning of it: somebody
 * has worked on them since, and finishing would overwrite that.
 */
export async function foreignChanges(context: GitContext, landing: LandingJournal): Promise<string[]> {
  const { checkout: cwd, expected, commit } = landing;
  const [notBefore, notAfter] = [
    await differingFrom(context, cwd, expected),
    await differingFrom(context, cwd, commit),
  ];
  const touched = await touchedPaths(context, { cwd, from: expected, to: commit });
  const indexed = new Set(await gitFields(context, { cwd, profile: 'user', args: ['ls-files', '-z'] }));
  const suspects = new Set([...notBefore].filter((path) => notAfter.has(path)));
  // Git compares only what the index knows: a file that was written before the index was is looked at here.
  for (const path of touched.added) if (!indexed.has(path) && (await isTaken(join(cwd, path)))) suspects.add(path);
  const foreign: string[] = [];
  for (const path of suspects) {
    if (!touched.all.has(path) || !(await isBeginningOf(context, { cwd, path, commit }))) foreign.push(path);
  }
  return foreign;
}

/** True when the index is exactly the commit's tree and the files are as the index says. */
export async function standsAt(context: GitContext, cwd: string, commit: string): Promise<boolean> {
  return (await isStaged(context, cwd, commit)) && (await differingFrom(context, cwd, commit)).size === 0;
}

/** True when the index is exactly the commit's tree. */
export async function isStaged(context: GitContext, cwd: string, commit: string): Promise<boolean> {
  const args = ['diff-index', '--cached', '--quiet', commit];
  return (await runGit(context, { cwd, profile: 'user', args, answers: [0, 1] })).exitCode === 0;
}

async function differingFrom(context: GitContext, cwd: string, commit: string): Promise<Set<string>> {
  const args = [
    'diff',
    '--name-only',
    '--no-renames',
    '--no-ext-diff',
    '--ignore-submodules=dirty',
    '-z',
    commit,
    '--',
  ];
  return new Set(await gitFields(context, { cwd, profile: 'user', args }));
}

/** A file that git was writing when it was killed is cut off, or empty. */
async function isBeginningOf(
  context: GitContext,
  { cwd, path, commit }: { cwd: string; path: string; commit: string },
): Promise<boolean> {
  const present = await readFile(join(cwd, path), 'utf8').catch(() => null);
  // Removed before it was written anew.
  if (present === null) return !(await isTaken(join(cwd, path)));
  const entry = await gitText(context, { cwd, args: ['ls-tree', commit, '--', `:(top,literal)${path}`] });
  if (!/^100/.test(entry)) return false;
  const whole = await runGit(context, { cwd, profile: 'user', args: ['cat-file', '--filters', `${commit}:${path}`] });
  return whole.stdout.startsWith(present);
}
