import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const maxBuildFileBytes = 2 * 1024 * 1024;

export interface DetectedGate {
  name: 'typecheck' | 'lint' | 'check' | 'test' | 'build';
  command: string;
  /** What tells it from a gate of the same name in the same repository. */
  tool: string;
}

/** The top folder of a repository, as far as its build files tell something. */
export interface Project {
  /** Names of everything in it. */
  names: ReadonlySet<string>;
  /** Text of a build file, or null when there is none. */
  text(name: string): string | null;
}

const buildFiles = ['package.json', 'yarn.lock', 'pyproject.toml', 'GNUmakefile', 'makefile', 'Makefile'];

export async function readProject(root: string): Promise<Project> {
  const names = new Set(await readdir(root));
  const texts = new Map<string, string>();
  for (const name of buildFiles) {
    const text = names.has(name) ? await readBuildFile(join(root, name)) : null;
    if (text !== null) texts.set(name, text);
  }
  return { names, text: (name) => texts.get(name) ?? null };
}

/** Links are not followed: a repository must not make us read other files. */
async function readBuildFile(path: string): Promise<string | null> {
  const stats = await lstat(path);
  return stats.isFile() && stats.size <= maxBuildFileBytes ? readFile(path, 'utf8') : null;
}
