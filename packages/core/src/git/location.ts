import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError, isDomainError } from '@fermata/contracts';
import { gitText, runGit } from './git-command.js';
import type { GitContext } from './git-context.js';
import { withoutLogins } from './git-error.js';

const remoteUrl = /^(?:https?|ssh|git|git\+ssh):\/\/[^-]/i;
const scpLike = /^[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:(?!\/\/).+$/;

/** True for what is fetched over a network; anything else is a path of this machine. */
export function isRemote(location: string): boolean {
  return remoteUrl.test(location) || scpLike.test(location);
}

/** The path that a location of this machine stands for. */
export function localPath(location: string): string {
  return /^file:\/\//i.test(location) ? fileURLToPath(location) : location;
}

export interface LocalRepository {
  /** The top of the main checkout; the repository itself when it is bare. */
  location: string;
  bare: boolean;
}

/**
 * The repository that a path of this machine lies in: any folder of it, a linked worktree, a bare repository or a
 * `file://` URL.
 * @throws DomainError `not_a_repository`
 */
export async function findLocalRepository(context: GitContext, given: string): Promise<LocalRepository> {
  const cwd = await existingFolder(given);
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const common = await realpath(await gitText(context, { cwd, args }).catch(refuse(given)));
  const bare = await isBare(context, common);
  const hasCheckout = !bare && basename(common) === '.git';
  return { location: hasCheckout ? dirname(common) : common, bare };
}

async function existingFolder(given: string): Promise<string> {
  try {
    return await realpath(resolve(localPath(given)));
  } catch (error) {
    throw notARepository(given, error);
  }
}

async function isBare(context: GitContext, gitDir: string): Promise<boolean> {
  const args = ['config', '--type=bool', '--get', 'core.bare'];
  const { stdout } = await runGit(context, { cwd: gitDir, args: [`--git-dir=${gitDir}`, ...args], answers: [0, 1] });
  return stdout.trim() === 'true';
}

function refuse(given: string): (error: unknown) => never {
  return (error) => {
    const passing = isDomainError(error) && (error.code === 'missing_program' || error.retryable);
    throw passing ? error : notARepository(given, error);
  };
}

/** The error for a place where there is no repository, or none that can be read. */
export function notARepository(given: string, cause: unknown): DomainError {
  const location = withoutLogins(given);
  const message = `${location} is not a git repository: give the path of a checkout or bare repository, or a URL that git can fetch`;
  return new DomainError('not_a_repository', message, { location }, { cause });
}
