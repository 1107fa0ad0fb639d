import { type ChangedFile, parseChangedFiles } from './changed-files.js';
import { gitFields, gitText, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { copyOfIndex, stageAll } from './staging.js';
import { linkedAdminFolder } from './worktree-link.js';

export interface DiffOptions {
  worktreePath: string;
  /** The newest commit of the target that is known: the diff is taken from where the work left it. */
  base: string;
  /** Only this file or folder, relative to the worktree. */
  path?: string;
  /** Bytes of patch kept. Default 256 KiB. */
  capBytes?: number;
  signal?: AbortSignal;
}

export interface Diff {
  /** Unified, with the middle cut out when it is longer than the cap. */
  patch: string;
  truncated: boolean;
  files: ChangedFile[];
  empty: boolean;
}

/** However the repository or the agent configured git, the format is this. */
const format = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--src-prefix=a/', '--dst-prefix=b/'];

/** Everything the worktree has that `base` has not, uncommitted and untracked files included. Changes nothing in it. */
export async function diff(context: GitContext, options: DiffOptions): Promise<Diff> {
  const { worktreePath: cwd, base, path, capBytes = 256 * 1024, signal } = options;
  return context.queue.run(cwd, async () => {
    const admin = await linkedAdminFolder(context, cwd);
    const env = await copyOfIndex(admin);
    await stageAll(context, { worktreePath: cwd, admin, env, signal });
    const from = await gitText(context, { cwd, args: ['merge-base', '--', base, 'HEAD'] });
    const common = { cwd, env, signal };
    const only = path === undefined ? [] : [`:(literal)${path}`];
    const list = ['diff', '--cached', '--raw', '--numstat', '-z', ...format, from, '--', ...only];
    const files = parseChangedFiles(await gitFields(context, { ...common, args: list }));
    const shown = await runGit(context, {
      ...common,
      args: ['diff', '--cached', ...format, from, '--', ...only],
      capBytes,
    });
    return { patch: shown.stdout, truncated: shown.truncated, files, empty: files.length === 0 };
  });
}
