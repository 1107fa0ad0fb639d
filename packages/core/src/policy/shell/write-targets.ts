import { optionValues, readArguments } from './command-options.js';
import { ownEntry } from './own-entry.js';
import { resolvePath } from './paths.js';
import type { ShellCommand, ShellRedirect } from './shell-command.js';
import { downloadTargets } from './written-files.js';

type Targets = (command: ShellCommand) => readonly string[];

const operandsOf = ({ args }: ShellCommand): readonly string[] => readArguments(args).operands;

/** Where a copy goes: its last operand, or the folder of `-t`. */
const destination: Targets = ({ args }) => {
  const read = readArguments(args, { values: 't target-directory S suffix m mode o owner g group' });
  const folder = optionValues(read, 't', 'target-directory');
  return folder.length > 0 ? folder : read.operands.slice(-1);
};

const editedInPlace: Targets = ({ args }) => {
  const read = readArguments(args, { values: 'e expression f file l', attached: 'i' });
  const inPlace = read.options.some(({ name }) => name === 'i' || name === 'in-place');
  return inPlace ? read.operands : [];
};

/** `w file` of a sed script. */
const sedWrites: Targets = ({ code }) =>
  [...(code?.text ?? '').matchAll(/(?:^|[;}\n/|]|[\dgpI])\s*w\s+([^\s;}]+)/g)].map(([, path = '']) => path);

const named =
  (values: string): Targets =>
  ({ args }) =>
    optionValues(readArguments(args, { values }), ...values.split(' '));

const writers: Readonly<Record<string, Targets>> = {
  tee: operandsOf,
  sponge: operandsOf,
  touch: operandsOf,
  mkdir: operandsOf,
  mkfifo: operandsOf,
  truncate: ({ args }) => readArguments(args, { values: 's size r reference' }).operands,
  shred: ({ args }) => readArguments(args, { values: 'n iterations s size' }).operands,
  dd: ({ args }) => args.flatMap((word) => (word.startsWith('of=') ? [word.slice(3)] : [])),
  uniq: ({ args }) => readArguments(args, { values: 'f s w' }).operands.slice(1),
  xxd: ({ args }) => readArguments(args, { values: 'c g l o s' }).operands.slice(1),
  tree: named('o'),
  cp: destination,
  mv: destination,
  ln: destination,
  install: destination,
  rsync: ({ args }) => readArguments(args, { values: 'e rsh f filter exclude include' }).operands.slice(-1),
  scp: ({ args }) => readArguments(args, { values: 'P i o S c F J l' }).operands.slice(-1),
  sed: (command) => [...editedInPlace(command), ...sedWrites(command)],
  perl: ({ args }) =>
    args.some((word) => /^-[a-z]*i/.test(word)) ? readArguments(args, { values: 'e E' }).operands : [],
  curl: downloadTargets,
  wget: (command) => [...downloadTargets(command), ...named('P directory-prefix')(command)],
  find: ({ args }) => args.filter((_, index) => /^-(fprintf?|fprint0|fls)$/.test(args[index - 1] ?? '')),
  sort: named('o output'),
  gpg: named('o output'),
  openssl: named('out'),
  'ssh-keygen': named('f'),
  unzip: named('d'),
  tar: named('C directory'),
  patch: named('o output d directory'),
};

/** The files that a command writes, as far as its words tell, resolved. */
export function writeTargets(command: ShellCommand): string[] {
  const redirected = command.redirects.filter(isWrite).map(({ target }) => resolvePath(command.cwd, target));
  return [...redirected, ...ownWrites(command)];
}

/** Those that the program itself writes, and not the shell by a redirection. */
export function ownWrites(command: ShellCommand): string[] {
  const targets = ownEntry(writers, command.program)?.(command) ?? [];
  return targets.map((path) => resolvePath(command.cwd, path));
}

/** A redirection to a file, and not only to another descriptor. */
export function isWrite({ operator, target }: ShellRedirect): boolean {
  if (!operator.includes('>')) return false;
  return !operator.endsWith('&') || !/^(\d+-?|-)$/.test(target);
}
