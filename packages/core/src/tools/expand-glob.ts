import { DomainError } from '@fermata/contracts';

const maxAlternatives = 64;

/**
 * A glob as people write it, as globs that git understands: `{a,b}` becomes two, and a pattern without a slash means
 * files of that name in any folder, as in .gitignore.
 * @throws DomainError `invalid_input` when it leads out of the worktree or stands for too many
 */
export function expandGlob(pattern: string): string[] {
  const relative = pattern.replace(/^(\.?\/)+/, '');
  if (relative === '' || relative.split('/').includes('..')) {
    throw new DomainError('invalid_input', `the pattern ${JSON.stringify(pattern)} names no files inside the worktree`);
  }
  return expandBraces(relative).map((glob) => (glob.includes('/') ? glob : `**/${glob}`));
}

function expandBraces(pattern: string): string[] {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const [next = '', ...rest] = open;
    const alternatives = expandInnermost(next);
    if (alternatives === null) done.push(next);
    open = alternatives === null ? rest : [...alternatives, ...rest];
    if (done.length + open.length > maxAlternatives) {
      throw new DomainError(
        'invalid_input',
        `the pattern stands for more than ${maxAlternatives} patterns: write fewer alternatives in braces`,
      );
    }
  }
  return [...new Set(done)];
}

/** The first braces without braces inside. Null when there are none. */
function expandInnermost(pattern: string): string[] | null {
  const match = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern);
  if (match === null) return null;
  const [, before = '', inside = '', after = ''] = match;
  return inside.split(',').map((alternative) => `${before}${alternative}${after}`);
}
