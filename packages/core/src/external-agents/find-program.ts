import { access, constants, realpath } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';

/** A program, and what must be seen for it to run. */
export interface FoundProgram {
  path: string;
  /** The folder that it came in, with everything it needs of its own; null where there is none around it. */
  root: string | null;
}

/**
 * Looks a program up: an absolute path as it is, a name in our own folders of agents first, then on `path`.
 * @param agentsDir where `fermata agent install` puts them, each in a folder of its own
 */
export async function findProgram(
  command: string,
  { agentsDirs, path }: { agentsDirs: readonly string[]; path: string },
): Promise<FoundProgram | null> {
  const folders = [
    ...agentsDirs.map((dir) => join(dir, 'node_modules', '.bin')),
    ...path.split(':').filter(isAbsolute),
  ];
  const candidates = isAbsolute(command) ? [command] : folders.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => null);
    if (real === null || !(await isExecutable(real))) continue;
    return { path: candidate, root: rootOf(candidate) ?? rootOf(real) };
  }
  return null;
}

/** The folder of npm around a program, with the packages that it needs: not what lies beside it, which may be a home. */
function rootOf(path: string): string | null {
  const at = path.indexOf(`${sep}node_modules${sep}`);
  return at === -1 ? null : join(path.slice(0, at), 'node_modules');
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
