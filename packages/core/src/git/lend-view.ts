import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ViewFolders } from './contained-view.js';
import { gitText } from './git-command.js';
import type { GitContext } from './git-context.js';
import { removeTree } from './remove-tree.js';
import { readStanding, type Standing } from './worktree-standing.js';

export interface Lending {
  path: string;
  admin: string;
  mirror: string;
  folders: ViewFolders;
}

/** Of other people's refs only what everybody may know: the origin's branches and tags, not the other tasks' branches. */
const shownRefs = ['refs/remotes/origin', 'refs/tags'];

/** Writes down, where the sandbox can read and not write, how the view is to look. */
export async function lend(context: GitContext, lending: Lending): Promise<void> {
  const { path, admin, mirror, folders } = lending;
  const { lent } = folders;
  const standing = await readStanding(context, path, admin);
  const refs = await refOrders(context, lending, standing);
  const gitFile = await readFile(join(lent, 'git-file'), 'utf8');
  await removeTree(lent);
  await mkdir(lent);
  const files = { 'git-file': gitFile, config: configOf(context), ...refs, ...standingFiles(standing) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(lent, name), text);
  await copyFile(join(admin, 'index'), join(lent, 'index'));
  if (standing.merging.length > 0) await copyIfThere(join(admin, 'MERGE_MSG'), join(lent, 'MERGE_MSG'));
  for (const name of ['attributes', 'exclude']) await copyIfThere(join(mirror, 'info', name), join(lent, name));
  await copyIfThere(join(mirror, 'shallow'), join(lent, 'shallow'));
}

/** What a new view begins with, and what changes in one that knows the refs as they were. */
async function refOrders(context: GitContext, { mirror, folders }: Lending, { branchRef, tip }: Standing) {
  const format = '--format=%(objectname) %(refname)';
  const shown = await gitText(context, { cwd: mirror, args: ['for-each-ref', format, ...shownRefs] });
  const isNew = (await readFile(join(folders.repository, 'HEAD'), 'utf8').catch(() => null)) === null;
  const known = isNew ? shown : await readFile(join(folders.lent, 'packed-refs'), 'utf8').catch(() => '');
  return {
    'packed-refs': shown === '' ? '' : `${shown}\n`,
    gone: linesOf(goneFrom(known, shown)),
    refs: linesOf([...movedSince(known, shown), ...(branchRef === 'HEAD' ? [] : [`update ${branchRef} ${tip}`])]),
  };
}

function standingFiles({ head, branchRef, onBranch, merging }: Standing): Record<string, string> {
  const hasBranch = branchRef !== 'HEAD';
  return {
    head,
    'own-branch': branchRef,
    ...(hasBranch && onBranch && { branch: branchRef }),
    ...(merging.length > 0 && { MERGE_HEAD: linesOf(merging) }),
  };
}

/** The view's own settings, which the agent may change as it likes. */
function configOf({ environments }: GitContext): string {
  const { GIT_AUTHOR_NAME: name = '', GIT_AUTHOR_EMAIL: email = '' } = environments.own;
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return [
    ...['[core]', '\trepositoryFormatVersion = 0', '\tbare = false', '\tlogAllRefUpdates = true'],
    ...['[user]', `\tname = ${quoted(name)}`, `\temail = ${quoted(email)}`],
    // Only looking at differences is not worth a new index.
    ...['[diff]', '\tautoRefreshIndex = false'],
    ...['[gc]', '\tauto = 0', '[maintenance]', '\tauto = false', ''],
  ].join('\n');
}

/** Orders for `git update-ref --stdin` about the refs that one list has and a later one has not. */
function goneFrom(before: string, after: string): string[] {
  const now = refsIn(after);
  return [...refsIn(before).keys()].flatMap((ref) => (now.has(ref) ? [] : [`delete ${ref}`]));
}

/** Orders about the refs that stand elsewhere in a later list, or were not there before. */
function movedSince(before: string, after: string): string[] {
  const old = refsIn(before);
  return [...refsIn(after)].flatMap(([ref, commit]) => (old.get(ref) === commit ? [] : [`update ${ref} ${commit}`]));
}

const linesOf = (orders: readonly string[]): string => orders.map((order) => `${order}\n`).join('');

function refsIn(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]));
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
