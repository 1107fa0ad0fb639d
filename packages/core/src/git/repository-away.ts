import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@fermata/contracts';
import { type GitContext, mirrorPath } from './git-context.js';
import { isRemote, localPath } from './location.js';

interface UserRepository {
  repositoryId: string;
  /** Path or URL. */
  location: string;
}

/**
 * Does what needs the user's repository. What fails because the repository is not where it was before, as when its folder
 * was renamed or its disk is not mounted, has not failed for good: it can be put back.
 * @throws DomainError `repository_away` in place of what git makes of that; otherwise what `work` throws
 */
export async function whileThere<T>(
  context: GitContext,
  repository: UserRepository,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(await isAway(context, repository))) throw error;
    const { repositoryId, location } = repository;
    const message = `There is no repository at ${location} any more. Put it back where it was, or cancel what needs it.`;
    throw new DomainError('repository_away', message, { repositoryId, location }, { cause: error });
  }
}

/** A mirror says that the repository was there once. One behind a URL has its own ways of being away: see `gitError`. */
async function isAway(context: GitContext, { repositoryId, location }: UserRepository): Promise<boolean> {
  if (isRemote(location) || !(await exists(mirrorPath(context, repositoryId)))) return false;
  const path = localPath(location);
  // A checkout, or a bare repository.
  return !(await exists(join(path, '.git'))) && !(await exists(join(path, 'HEAD')));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
