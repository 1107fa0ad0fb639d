import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absorbEmbeddedRepositories } from './embedded-repositories.js';
import { gitFields, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

export interface Staging {
  worktreePath: string;
  admin: string;
  /** Names the index to stage into; empty for the worktree's own. */
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Puts everything that is not ignored into the index. */
export async function stageAll(context: GitContext, staging: Staging): Promise<void> {
  const { worktreePath: cwd, admin, env, signal } = staging;
  const { exitCode, stderr } = await addAll(context, staging, [0, 1, 128]);
  const absorbed = await absorbEmbeddedRepositories(stderr, { worktree: cwd, shelter: admin });
  // The entry that already stands for the other repository would hide its files.
  const hidden = exitCode === 0 ? absorbed.map((name) => `:(top,literal)${name}`) : [];
  if (hidden.length > 0) {
    await runGit(context, { cwd, env, signal, args: ['rm', '--cached', '--quiet', '--force', '--', ...hidden] });
  }
  if (exitCode !== 0 || hidden.length > 0) await addAll(context, staging, [0]);
}

/**
 * Submodules are staged apart: `add` would run git in each, and with it the filters that an agent has configured there.
 * `update-index` only reads which commit a submodule is at.
 */
async function addAll(context: GitContext, { worktreePath: cwd, env, signal }: Staging, answers: readonly number[]) {
  const inWorktree = { cwd, env, signal };
  const entries = await gitFields(context, { ...inWorktree, args: ['ls-files', '--stage', '-z'] });
  const submodules = entries.filter((entry) => entry.startsWith('160000 ')).map((entry) => entry.split('\t')[1] ?? '');
  const others = submodules.map((path) => `:(exclude,top,literal)${path}`);
  const scope = others.length === 0 ? [] : ['--', ':(top)', ...others];
  const added = await runGit(context, { ...inWorktree, args: ['add', '--all', ...scope], answers });
  if (submodules.length > 0) {
    const stdin = submodules.map((path) => `${path}\0`).join('');
    await runGit(context, {
      ...inWorktree,
      args: ['update-index', '--add', '--remove', '-z', '--stdin'],
      stdin,
      answers,
    });
  }
  return added;
}

/** The environment that makes git stage into a copy of the worktree's index, which itself stays as it is. */
export async function copyOfIndex(admin: string): Promise<Record<string, string>> {
  const copy = join(admin, 'index.checkpoint');
  await copyFile(join(admin, 'index'), copy);
  return { GIT_INDEX_FILE: copy };
}
