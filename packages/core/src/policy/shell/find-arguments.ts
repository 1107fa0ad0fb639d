import { anyName, anyText } from './marks.js';
import { resolvePath } from './paths.js';
import type { ShellCommand } from './shell-command.js';

export interface FindArguments {
  /** Where it looks, resolved. */
  roots: readonly string[];
  /** What it finds, as paths with marks. */
  found: readonly string[];
  /** Something narrows what is found, other than its kind and depth. */
  isNarrow: boolean;
  /** The commands it runs on what it finds; `{}` as written. */
  runs: readonly (readonly string[])[];
  /** `-delete` is there. */
  deletes: boolean;
  /** Prints plain paths. */
  prints: boolean;
}

const runners = new Set(['-exec', '-execdir', '-ok', '-okdir']);
const namers = new Set(['-name', '-iname', '-path', '-ipath', '-wholename', '-regex', '-iregex', '-lname']);
const narrowing =
  /^-(i?name|i?path|wholename|i?regex|lname|empty|[acm](time|min)|newer\w*|size|user|group|perm|links|inum|samefile)$/;
const leading = /^-([HLPO]\d?|D)$/;

/** Reads the arguments of `find`. */
export function readFind({ args, cwd }: ShellCommand): FindArguments {
  const start = args.findIndex((word) => !leading.test(word));
  const rest = start < 0 ? [] : args.slice(start);
  const end = rest.findIndex((word) => /^[-(!]/.test(word));
  const written = rest.slice(0, end < 0 ? rest.length : end);
  const expression = end < 0 ? [] : rest.slice(end);
  const roots = (written.length === 0 ? ['.'] : written).map((root) => resolvePath(cwd, root));
  const name = nameFilter(expression);
  return {
    roots,
    found: roots.map((root) => (name === null ? `${root}/${anyName}` : `${root}/${anyName}/${name}`)),
    isNarrow: name !== null || expression.some((word) => narrowing.test(word) && !namers.has(word)),
    runs: runsOf(expression),
    deletes: expression.includes('-delete'),
    prints: !expression.some((word) => runners.has(word) || /^-(delete|f?printf|fls|ls|fprint0?)$/.test(word)),
  };
}

/** The last segment of what is found, its globs as marks. Null when every name will do. */
function nameFilter(expression: readonly string[]): string | null {
  const at = expression.findIndex(
    (word, index) => namers.has(word) && expression[index - 1] !== '!' && expression[index - 1] !== '-not',
  );
  if (at < 0 || expression.includes('-o') || expression.includes('-or')) return null;
  const pattern = expression[at + 1] ?? anyText;
  const base = pattern.slice(pattern.lastIndexOf('/') + 1);
  const marked = base.replace(/\[[^\]]{0,100}\]|[*?]+|\.[*+]/g, anyName);
  return /^[\uE001.]*$/.test(marked) ? null : marked;
}

function runsOf(expression: readonly string[]): string[][] {
  return expression.flatMap((word, index) => {
    if (!runners.has(word)) return [];
    const rest = expression.slice(index + 1);
    const end = rest.findIndex((part, place) => part === ';' || (part === '+' && rest[place - 1] === '{}'));
    return [end < 0 ? rest : rest.slice(0, end)];
  });
}
