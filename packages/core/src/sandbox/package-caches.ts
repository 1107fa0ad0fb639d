import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** Caches of the user that builds may read, and what tells their tools of them. */
export interface PackageCaches {
  readable: string[];
  env: Record<string, string>;
}

/**
 * What the user has fetched before, for those tools that can be told of a cache which they must not write. The others
 * (npm, pip, Cargo) begin with an empty one in each worktree, which set-up fills.
 */
export async function packageCaches(env: Readonly<Record<string, string>>): Promise<PackageCaches> {
  const home = env['HOME'] ?? '';
  const [goPath = ''] = (env['GOPATH'] ?? join(home, 'go')).split(':');
  const modules = join(env['GOMODCACHE'] ?? join(goPath, 'pkg', 'mod'), 'cache', 'download');
  const maven = join(home, '.m2', 'repository');
  const gradle = join(env['GRADLE_USER_HOME'] ?? join(home, '.gradle'), 'caches');
  const found = await Promise.all([
    // Go: its own cache of downloads has the layout of a module proxy (go help goproxy).
    known(modules, { GOPROXY: `file://${modules},${env['GOPROXY'] ?? 'https://proxy.golang.org,direct'}` }),
    // Maven 3.9 and later: a second local repository, which it only reads.
    known(maven, { MAVEN_ARGS: `-Dmaven.repo.local.tail=${maven}` }),
    // Gradle: a dependency cache that it does not write.
    known(gradle, { GRADLE_RO_DEP_CACHE: gradle }),
  ]);
  return {
    readable: found.flatMap(({ readable }) => readable),
    env: Object.fromEntries(found.flatMap((one) => Object.entries(one.env))),
  };
}

async function known(folder: string, env: Record<string, string>): Promise<PackageCaches> {
  const isThere = isAbsolute(folder) && (await stat(folder).catch(() => null))?.isDirectory() === true;
  return isThere ? { readable: [folder], env } : { readable: [], env: {} };
}
