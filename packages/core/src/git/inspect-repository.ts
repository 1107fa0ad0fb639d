import { carriesLogin, DomainError, isDomainError, loginRefused } from '@fermata/contracts';
import type { GitContext } from './git-context.js';
import { withoutLogins } from './git-error.js';
import { findLocalRepository, isRemote, notARepository } from './location.js';
import { defaultBranchOf, readRemoteHeads, type RemoteHeads } from './remote-heads.js';

export interface RepositoryInspection {
  /** Canonical: an absolute path of the repository's top (or of the bare repository), or the URL as given. */
  location: string;
  /** Where its HEAD is; of a detached HEAD `main`, `master` or the first branch. */
  defaultBranch: string;
  headCommit: string;
  /** True for remotes too: there is no checkout that we could disturb. */
  bare: boolean;
}

/**
 * Looks at a repository without changing it.
 * @throws DomainError `invalid_input` (a login in the URL), `not_a_repository` or `repository_empty`; `unavailable` when a
 *   remote cannot be reached
 */
export async function inspectRepository(context: GitContext, given: string): Promise<RepositoryInspection> {
  if (carriesLogin(given)) throw new DomainError('invalid_input', loginRefused);
  const { location, bare } = isRemote(given)
    ? { location: given, bare: true }
    : await findLocalRepository(context, given);
  const heads = await readHeads(context, location);
  const defaultBranch = defaultBranchOf(heads);
  const headCommit = heads.branches.get(defaultBranch ?? '');
  if (defaultBranch === null || headCommit === undefined) throw repositoryEmpty(location);
  return { location, defaultBranch, headCommit, bare };
}

async function readHeads(context: GitContext, location: string): Promise<RemoteHeads> {
  try {
    return await readRemoteHeads(context, { location });
  } catch (error) {
    throw isDomainError(error) && error.code === 'git_failed' ? notARepository(location, error) : error;
  }
}

/** The error for a repository without a single commit on a branch. */
export function repositoryEmpty(location: string): DomainError {
  const shown = withoutLogins(location);
  return new DomainError('repository_empty', `${shown} has no commits: make a first commit on its default branch`, {
    location: shown,
  });
}
