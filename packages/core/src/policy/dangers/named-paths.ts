import { resolvePath } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';

/** Their words are text, whatever they look like. */
const textPrograms = new Set(
  'echo printf : true false test [ export declare local readonly alias read set unset exit basename dirname gh'.split(
    ' ',
  ),
);
/** Their first operand is a pattern or a program. */
const patternPrograms = new Set('grep egrep fgrep rg ag ack sed awk jq yq perl git-grep'.split(' '));
const patternOption = /^(-e|-f|--regexp|--expression|--file)(=|$)/;

/** The paths that the words and redirections of a command name, resolved. What is no path resolves to a harmless one. */
export function namedPaths(command: ShellCommand): string[] {
  const { program, redirects, cwd } = command;
  const words = program !== null && textPrograms.has(program) ? [] : pathWords(command).flatMap(pathsIn);
  const targets = redirects.filter(({ operator }) => !operator.endsWith('&')).map(({ target }) => target);
  return [...words, ...targets]
    .filter((text) => text !== '' && text.length < 4_096 && !/\s/.test(text))
    .map((text) => resolvePath(cwd, text));
}

function pathWords({ program, args, words }: ShellCommand): readonly string[] {
  if (program === null || !patternPrograms.has(program)) return program === '' ? words : args;
  if (args.some((word) => patternOption.test(word)))
    return args.filter((_, index) => !patternOption.test(args[index - 1] ?? ''));
  const first = args.findIndex((word) => !word.startsWith('-'));
  return args.filter((_, index) => index !== first);
}

/** A word may hold its path beside `=`, `@`, `:` or a comma, or after the letter of an option. */
function pathsIn(word: string): string[] {
  const plain = word.startsWith('-') ? [] : [word.replace(/^file:\/\/(localhost)?/, '')];
  const attached = /^-[A-Za-z](\/.*|\.\.?\/.*)$/s.exec(word)?.[1];
  const pieces = /[=@:,<]/.test(word) ? word.split(/[=@:,<]/) : [];
  return [...plain, ...(attached === undefined ? [] : [attached]), ...pieces.filter((piece) => !piece.startsWith('-'))];
}
