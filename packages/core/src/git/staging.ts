import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absorbEmbeddedRepositories } from './embedded-repositories.js';
import { runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

export interface Staging {
  worktreePath: string;
  admin: string;
  /** Names the index to stage into; empty for the worktree's own. */
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Puts everything that is not ignored into the index. */
export async function stageAll(context: GitContext, { worktreePath: cwd, admin, env, signal }: Staging): Promise<void> {
  const attempt = { cwd, env, signal, args: ['add', '--all'] };
  const { exitCode, stderr } = await runGit(context, { ...attempt, answers: [0, 1, 128] });
  const absorbed = await absorbEmbeddedRepositories(stderr, { worktree: cwd, shelter: admin });
  // The entry that already stands for the other repository would hide its files.
  const hidden = exitCode === 0 ? absorbed.map((name) => `:(top,literal)${name}`) : [];
  if (hidden.length > 0) {
    await runGit(context, { cwd, env, signal, args: ['rm', '--cached', '--quiet', '--force', '--', ...hidden] });
  }
  if (exitCode !== 0 || hidden.length > 0) await runGit(context, attempt);
}

/** The environment that makes git stage into a copy of the worktree's index, which itself stays as it is. */
export async function copyOfIndex(admin: string): Promise<Record<string, string>> {
  const copy = join(admin, 'index.checkpoint');
  await copyFile(join(admin, 'index'), copy);
  return { GIT_INDEX_FILE: copy };
}
