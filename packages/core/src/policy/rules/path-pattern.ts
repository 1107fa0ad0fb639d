import { resolvePath } from '../shell/paths.js';
import { fitsGlob, fitsSequence } from './wildcards.js';

const maxAlternatives = 64;

/**
 * Whether a resolved path fits a glob: `*` and `?` within a name, `**` for any folders, `{a,b}` for either. A glob that
 * does not begin with a slash is relative to the worktree.
 */
export function matchesPath(pattern: string, path: string, worktree: string): boolean {
  const segments = path.split('/');
  return alternatives(pattern).some((one) =>
    fitsSequence(segments, resolvePath(worktree, one).split('/'), {
      isAny: (part) => part === '**',
      fits: fitsGlob,
    }),
  );
}

function alternatives(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (match === null) return [pattern];
  const [, before = '', inside = '', after = ''] = match;
  return inside
    .split(',')
    .flatMap((one) => alternatives(`${before}${one}${after}`))
    .slice(0, maxAlternatives);
}
