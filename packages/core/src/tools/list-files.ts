import { isAbsolute, join, relative } from 'node:path';
import { firstWords } from '@fermata/contracts/redaction';
import { runProcess } from '../processes/index.js';
import { type ToolContext, toolFailed } from './tool.js';
import type { WorktreePath } from './worktree-path.js';

const listCapBytes = 64 * 1024 * 1024;
const listTimeoutMs = 60_000;

export interface FileQuery {
  /** Only below this folder, or this file. */
  under: WorktreePath;
  /** Git's glob patterns, relative to `under`; any of them. */
  globs?: readonly string[];
}

type Listing = Pick<ToolContext, 'env' | 'signal'>;

/**
 * The files git knows or would know: tracked, and new ones that are not ignored, sorted. A folder that is ignored as a
 * whole is listed all the same when it is asked for by name (`node_modules/x`). Tracked files that were deleted are
 * among them.
 * @returns paths relative to the worktree
 * @throws DomainError `tool_failed` when git cannot say
 */
export async function listFiles(query: FileQuery, context: Listing): Promise<string[]> {
  const known = await askGit(query, ['--cached', '--exclude-standard'], context);
  const named = query.under.absolute !== query.under.root;
  return known.length > 0 || !named ? known : askGit(query, [], context);
}

async function askGit(
  { under, globs }: FileQuery,
  filters: readonly string[],
  { env, signal }: Listing,
): Promise<string[]> {
  const folder = relative(under.root, under.absolute);
  const pathspecs = globs?.map((glob) => `:(glob)${folder === '' ? '' : `${escapeGlob(folder)}/`}${glob}`);
  const result = await runProcess({
    command: 'git',
    args: [
      // No program named in the repository's configuration may run because of a listing.
      ...['-c', 'core.fsmonitor=false'],
      ...['ls-files', '-z', '--others', '--deduplicate', ...filters, '--'],
      ...(pathspecs ?? (folder === '' ? [] : [`:(literal)${folder}`])),
    ],
    cwd: under.root,
    env: { ...env, GIT_OPTIONAL_LOCKS: '0' },
    signal,
    timeoutMs: listTimeoutMs,
    outputCapBytes: listCapBytes,
  });
  signal.throwIfAborted();
  if (result.timedOut)
    throw toolFailed('git took too long to list the files: use a narrower path or a simpler pattern');
  if (result.exitCode !== 0) throw toolFailed(`git could not list the files: ${firstWords(result.stderr.trim(), 500)}`);
  if (result.truncated) throw toolFailed('there are too many files to list: use a narrower path');
  // A folder ends in a slash: another repository inside this one, which is not ours to read.
  return result.stdout
    .split('\0')
    .filter((path) => path !== '' && !path.endsWith('/'))
    .sort(byName);
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const escapeGlob = (text: string): string => text.replace(/[*?[\]\\]/g, '\\$&');

/** The path of a listed file as a `WorktreePath`; what is opened is checked when it is opened. */
export function listedPath(root: string, path: string): WorktreePath {
  return { root, absolute: isAbsolute(path) ? path : join(root, path), shown: path, exists: true };
}
