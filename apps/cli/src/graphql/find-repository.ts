import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { DomainError, idPrefix } from '@fermata/contracts';
import type { Api } from './api.js';
import { found } from './found.js';
import { allRepositories, type Repository, repositoryQuery } from './repository.js';
import { calledAs } from '../called-as.js';

/**
 * The repository that is meant: by id, name or path; without any, the one that holds the current directory.
 * @throws DomainError `not_found`, `conflict` (two of that name)
 */
export async function findRepository(api: Api, asked: string | undefined, cwd: string): Promise<Repository> {
  if (asked !== undefined && idPrefix(asked) === 'repo')
    return found((await api.ask(repositoryQuery, { id: asked })).repository, 'repository', asked);
  const all = await allRepositories(api);
  if (asked === undefined) return holding(all, cwd) ?? notFound(`No repository holds ${cwd}.`, all, '.');
  const named = all.filter(({ name }) => name === asked);
  if (named.length > 1)
    throw new DomainError('conflict', `Several repositories are named "${asked}": give the id of one.`, {
      ids: named.map(({ id }) => id),
    });
  const path = resolve(cwd, asked);
  return (
    named[0] ??
    all.find(({ location }) => location === asked) ??
    holding(all, path) ??
    notFound(`No repository is "${asked}".`, all, asked)
  );
}

/** The innermost repository that holds a path. */
export function holding(all: readonly Repository[], path: string): Repository | undefined {
  const real = realPath(path);
  return all
    .filter(({ location }) => isAbsolute(location) && isWithin(real, realPath(location)))
    .sort((a, b) => b.location.length - a.location.length)[0];
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The repository may be on another machine: then its path is taken as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function notFound(what: string, all: readonly Repository[], path: string): never {
  const known = all.map(({ name }) => name);
  const others = known.length === 0 ? '' : `, or name one with --repo: ${known.join(', ')}`;
  throw new DomainError('not_found', `${what} Add it: ${calledAs} repo add ${path}${others}`, { known });
}
