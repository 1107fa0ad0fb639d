import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError, type SandboxBind } from '@fermata/contracts';
import { lastWords } from '@fermata/contracts/redaction';
import type { ProcessResult } from '../processes/index.js';
import { type GitContext, sandboxFolder, worktreePath } from './git-context.js';
import { lend } from './lend-view.js';
import { removeTree } from './remove-tree.js';
import { takeBack } from './take-back.js';
import { insideView, showScript, takeScript } from './view-scripts.js';
import { linkedAdminFolder } from './worktree-link.js';
import { readMarker } from './worktree-marker.js';

/** What a sandbox must show for git to work in a worktree, and nothing of the mirror but its objects to be reached. */
export interface ContainedView {
  readable: SandboxBind[];
  writable: SandboxBind[];
  guarded: SandboxBind[];
}

/** Runs a shell script inside the sandbox that has the view. */
export type RunInside = (script: string) => Promise<ProcessResult>;

/** The folders of one view, outside. Only `repository` and `out` can be written inside. */
export interface ViewFolders {
  repository: string;
  lent: string;
  out: string;
  state: string;
}

/** What was agreed last: where the host stood, and what the view looked like then. */
interface ViewState {
  host: string;
  view: string;
}

export function foldersOf(context: GitContext, worktreeId: string): ViewFolders {
  const folder = sandboxFolder(context, worktreeId);
  const [repository, lent, out] = [join(folder, 'git'), join(folder, 'lent'), join(folder, 'out')];
  return { repository, lent, out, state: join(folder, 'view.json') };
}

/**
 * A contained agent works with git on a repository of its own, which borrows the mirror's objects. So it can neither
 * change a ref of another task nor leave anything in a configuration, hook, link or index that our own git would follow.
 */
export async function containedView(context: GitContext, worktreeId: string): Promise<ContainedView> {
  const path = worktreePath(context, worktreeId);
  const folders = foldersOf(context, worktreeId);
  const mirror = mirrorOf(await linkedAdminFolder(context, path));
  for (const folder of [folders.repository, folders.lent, folders.out]) await mkdir(folder, { recursive: true });
  const gitFile = join(folders.lent, 'git-file');
  await writeFile(gitFile, `gitdir: ${insideView.repository}\n`);
  return {
    readable: [
      { source: join(mirror, 'objects'), target: insideView.objects },
      { source: folders.lent, target: insideView.lent },
    ],
    writable: [
      { source: folders.repository, target: insideView.repository },
      { source: folders.out, target: insideView.out },
    ],
    guarded: [{ source: gitFile, target: join(path, '.git') }],
  };
}

/** Before a command: the view shows what our own git has done since. Costs nothing when it has done nothing. */
export async function showView(context: GitContext, worktreeId: string, run: RunInside): Promise<void> {
  const folders = foldersOf(context, worktreeId);
  const path = worktreePath(context, worktreeId);
  await context.queue.run(path, async () => {
    const admin = await linkedAdminFolder(context, path);
    const host = await hostStanding(admin);
    const state = await readState(folders);
    if (state?.host === host) return;
    await lend(context, { path, admin, mirror: mirrorOf(admin), folders });
    await applyLent(folders, run);
    await writeState(folders, { host, view: await lookOf(folders) });
  });
}

/** The agent may have broken its repository: then it gets a new one. What it had committed is in ours. */
async function applyLent(folders: ViewFolders, run: RunInside): Promise<void> {
  if ((await run(showScript)).exitCode === 0) return;
  await removeTree(folders.repository);
  await mkdir(folders.repository);
  const { exitCode, stderr } = await run(showScript);
  if (exitCode === 0) return;
  throw new DomainError(
    'git_failed',
    `the repository for the sandbox could not be made: ${lastWords(stderr.trim(), 500)}`,
  );
}

/**
 * After a command: what the agent has done with git becomes ours, its commits and index through a bundle that git checks
 * as it does with what comes from a stranger. Costs nothing when it has done nothing. What cannot be taken stays inside.
 */
export async function takeView(context: GitContext, worktreeId: string, run: RunInside): Promise<void> {
  const folders = foldersOf(context, worktreeId);
  const path = worktreePath(context, worktreeId);
  await context.queue.run(path, async () => {
    const state = await readState(folders);
    const admin = await linkedAdminFolder(context, path);
    const marker = await readMarker(admin);
    // Scratch keeps nothing. A host that has moved on meanwhile is right: a killed worker left the view behind.
    if (state === null || marker?.branch == null || state.view === (await lookOf(folders))) return;
    if (state.host !== (await hostStanding(admin))) return;
    await removeTree(folders.out);
    await mkdir(folders.out);
    const said = await run(takeScript);
    if (said.exitCode === 0) {
      const branch = `refs/heads/${marker.branch}`;
      await takeBack(context, {
        said: said.stdout,
        path,
        admin,
        branch,
        worktreeId,
        bundle: join(folders.out, 'bundle'),
      });
    }
    await writeState(folders, { host: await hostStanding(admin), view: await lookOf(folders) });
  });
}

const mirrorOf = (admin: string): string => dirname(dirname(admin));

/**
 * Everything of the host's repository that the view follows. Asked for before and after each command, so it reads what
 * git would read; packed refs count as moved whenever their file was written.
 */
async function hostStanding(admin: string): Promise<string> {
  const branch = (await readMarker(admin))?.branch ?? null;
  const mirror = mirrorOf(admin);
  const files = [
    join(admin, 'HEAD'),
    join(admin, 'MERGE_HEAD'),
    ...(branch === null ? [] : [join(mirror, 'refs', 'heads', branch)]),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => null)));
  const packed = await lstat(join(mirror, 'packed-refs')).catch(() => null);
  const isPacked = branch !== null && texts.at(-1) === null;
  return JSON.stringify([...texts, isPacked ? packed?.mtimeMs : null]);
}

const watched = ['HEAD', 'index', 'logs/HEAD', 'MERGE_HEAD', 'refs/stash', 'rebase-merge', 'rebase-apply'];

/** Changes with whatever git writes when HEAD, index, stash, merge or rebase change. */
async function lookOf({ repository }: ViewFolders): Promise<string> {
  const found = await Promise.all(watched.map((name) => lstat(join(repository, name)).catch(() => null)));
  return JSON.stringify(found.map((file) => (file === null ? null : [file.ino, file.size, file.mtimeMs])));
}

async function readState({ state, repository }: ViewFolders): Promise<ViewState | null> {
  const text = await readFile(state, 'utf8').catch(() => null);
  const isThere = (await lstat(join(repository, 'HEAD')).catch(() => null)) !== null;
  return text === null || !isThere ? null : (JSON.parse(text) as ViewState);
}

async function writeState({ state }: ViewFolders, value: ViewState): Promise<void> {
  await writeFile(`${state}.new`, JSON.stringify(value));
  await rename(`${state}.new`, state);
}

/** What a worktree's sandboxes have kept: home, temporary files and the view. */
export async function forgetSandbox(context: GitContext, worktreeId: string): Promise<void> {
  const folder = sandboxFolder(context, worktreeId);
  // Without its state a half-removed view counts as none.
  await rm(join(folder, 'view.json'), { force: true });
  await removeTree(folder);
}
