import { runGit } from './git-command.js';
import type { GitContext } from './git-context.js';

export interface RemoteHeads {
  /** The branch its HEAD names; null when detached or unborn. */
  headBranch: string | null;
  /** Branch name to commit. */
  branches: ReadonlyMap<string, string>;
}

export interface RemoteQuery {
  location: string;
  signal?: AbortSignal | undefined;
}

const branchPrefix = 'refs/heads/';

/** Asks a repository, near or far, for its branches and its HEAD. */
export async function readRemoteHeads(context: GitContext, { location, signal }: RemoteQuery): Promise<RemoteHeads> {
  const args = ['ls-remote', '--symref', '--', location, 'HEAD', `${branchPrefix}*`];
  const { stdout } = await runGit(context, { cwd: context.dataDir, profile: 'user', args, signal, timeoutMs: 120_000 });
  let headBranch: string | null = null;
  const branches = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [what = '', name = ''] = line.split('\t');
    if (name === 'HEAD' && what.startsWith(`ref: ${branchPrefix}`))
      headBranch = what.slice(`ref: ${branchPrefix}`.length);
    if (name.startsWith(branchPrefix)) branches.set(name.slice(branchPrefix.length), what);
  }
  return { headBranch, branches };
}

/** The branch that work starts from unless said otherwise: where HEAD is, else the usual names, else the first. */
export function defaultBranchOf({ headBranch, branches }: RemoteHeads): string | null {
  const candidates = [headBranch, 'main', 'master', ...branches.keys()];
  return candidates.find((name) => name !== null && branches.has(name)) ?? null;
}
