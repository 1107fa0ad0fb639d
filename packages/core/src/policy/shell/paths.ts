import { anyName, anyText, freshPath, holdsAnything } from './marks.js';

/**
 * The path a word names, absolute and with `.` and `..` resolved by name; links are not followed. Where a part is not
 * known the mark stays in, and what lies above such a part is not known either: the path then begins with `anyText`.
 */
export function resolvePath(cwd: string, text: string): string {
  const whole = isAnchored(text) ? text : `${cwd}/${text}`;
  const segments: string[] = [];
  for (const segment of whole.split('/')) {
    if (segment === '..') climb(segments);
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const [first = ''] = segments;
  return first.startsWith(freshPath) || holdsAnything(first) ? segments.join('/') : `/${segments.join('/')}`;
}

function isAnchored(text: string): boolean {
  return text.startsWith('/') || text.startsWith(freshPath) || holdsAnything(text.slice(0, 1));
}

function climb(segments: string[]): void {
  const last = segments.pop();
  if (last !== undefined && (holdsAnything(last) || last === freshPath)) segments.splice(0, segments.length, anyText);
}

/** Where a path lies. `unknown`: it depends on what happens when the command runs. */
export type PathSite = 'worktree' | 'content' | 'git' | 'inside' | 'fresh' | 'outside' | 'unknown';

export interface Surroundings {
  worktree: string;
  scratch?: readonly string[];
}

/**
 * Where a resolved path lies: `worktree` is the folder itself, `content` everything directly in it (`*`), `git` its `.git`
 * or something in there, `inside` anything else in the worktree, `fresh` the agent's own temporary files.
 */
export function siteOf(path: string, { worktree, scratch = [] }: Surroundings): PathSite {
  if (path.startsWith(freshPath)) return 'fresh';
  if (path.split('/').some(mayClimb)) return 'unknown';
  const base = resolvePath('/', worktree);
  if (path === base) return 'worktree';
  if (isBelow(path, base)) return siteInside(path.slice(base.length + 1));
  return scratch.some((folder) => isBelow(path, resolvePath('/', folder))) ? 'fresh' : 'outside';
}

function siteInside(below: string): PathSite {
  if (new RegExp(`^${anyName}+$`).test(below)) return 'content';
  return below === '.git' || below.startsWith('.git/') ? 'git' : 'inside';
}

/** A segment that may stand for `..`, or for several segments. */
function mayClimb(segment: string): boolean {
  return (
    holdsAnything(segment) || (segment.startsWith('.') && segment.slice(1).replaceAll('.', '').startsWith(anyName))
  );
}

export function isBelow(path: string, folder: string): boolean {
  return folder === '/' ? path !== '/' : path.startsWith(`${folder}/`);
}

/** True when the folder holds the path, or is it. */
export function holdsPath(folder: string, path: string): boolean {
  return folder === path || isBelow(path, folder);
}
