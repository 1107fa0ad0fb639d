import { randomUUID } from 'node:crypto';
import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Project generators run `git init` in the folder they make. To git the folder is then another repository, and its files
 * would not be in the task's commit. Moves the `.git` of each into `shelter`, so that the files count as what they are.
 * @param said - what `git add` printed
 * @returns the folders whose files can be added now
 */
export async function absorbEmbeddedRepositories(
  said: string,
  { worktree, shelter }: { worktree: string; shelter: string },
): Promise<string[]> {
  const absorbed: string[] = [];
  for (const folder of embeddedFolders(said)) {
    const inner = join(worktree, folder, '.git');
    // Of a submodule `.git` is a file: that one is meant to be a repository.
    const found = await lstat(inner).catch(() => null);
    if (found?.isDirectory() !== true) continue;
    await rename(inner, join(shelter, `embedded-${randomUUID()}`));
    absorbed.push(folder);
  }
  return absorbed;
}

function embeddedFolders(said: string): string[] {
  const patterns = [
    /^warning: adding embedded git repository: (.+)$/gm,
    /^error: '(.+?)\/?' does not have a commit checked out$/gm,
  ];
  return patterns.flatMap((pattern) => [...said.matchAll(pattern)].flatMap((match) => match[1] ?? []));
}
