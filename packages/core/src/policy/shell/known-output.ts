import { readArguments } from './command-options.js';
import { readFind } from './find-arguments.js';
import { anyText, freshPath, holdsAnything, isKnown } from './marks.js';
import { ownEntry } from './own-entry.js';
import { resolvePath } from './paths.js';
import type { ShellCommand, ShellRedirect } from './shell-command.js';
import type { ShellScope } from './shell-scope.js';

type Output = (command: ShellCommand, scope: ShellScope) => string | null;

const nothing: Output = () => '';

const outputs: Readonly<Record<string, Output>> = {
  echo: ({ args }) => echoed(args),
  printf: ({ args }) => (args[0] === '-v' ? '' : formatted(args[0] === '--' ? args.slice(1) : args)),
  yes: ({ args }) => `${args.length === 0 ? 'y' : args.join(' ')}\n`,
  pwd: (_, { cwd }) => `${cwd}\n`,
  mktemp: () => `${freshPath}
`,
  git: ({ args }, { reading }) =>
    args.join(' ') === 'rev-parse --show-toplevel' ? `${reading.place.worktree}\n` : null,
  which: ({ args }) => (args.length === 1 ? `${args[0]}\n` : null),
  command: ({ args }) => (args[0] === '-v' && args.length === 2 ? `${args[1]}\n` : null),
  basename: ({ args }) =>
    args.length === 1 ? known(args[0] ?? '', (path) => path.slice(path.lastIndexOf('/') + 1)) : null,
  dirname: ({ args }) =>
    args.length === 1 ? known(args[0] ?? '', (path) => path.replace(/\/?[^/]*$/, '') || '.') : null,
  realpath: resolved,
  readlink: resolved,
  cat: printedFile,
  tee: ({ input }) => (input.kind === 'text' ? input.text : null),
  find: (command) => {
    const { found, prints } = readFind(command);
    return prints ? found.map((path) => `${path}\n`).join('') : null;
  },
  cd: nothing,
  pushd: nothing,
  popd: nothing,
  true: nothing,
  false: nothing,
  ':': nothing,
  test: nothing,
  '[': nothing,
  export: nothing,
  local: nothing,
  unset: nothing,
  shift: nothing,
  mkdir: nothing,
  touch: nothing,
  exit: nothing,
  return: nothing,
  source: nothing,
  '.': nothing,
};

/** What a command prints, to wherever it prints, where that is known before it runs. */
export function knownOutput(command: ShellCommand, scope: ShellScope): string | null {
  const { program, words, input } = command;
  if (words.length === 0) return input.kind === 'file' ? printedFile(command, scope) : '';
  return ownEntry(outputs, program)?.(command, scope) ?? null;
}

/** Where a redirection sends the standard output, if it does. */
export function outputTarget({ redirects }: Pick<ShellCommand, 'redirects'>): ShellRedirect | undefined {
  return redirects.findLast(
    ({ operator, descriptor, target }) =>
      operator.includes('>') && (descriptor ?? 1) === 1 && !(operator === '>&' && target === '1') && operator !== '<>',
  );
}

function known(path: string, change: (path: string) => string): string | null {
  return holdsAnything(path) ? null : `${change(path)}\n`;
}

function resolved({ args, cwd }: ShellCommand): string | null {
  const { operands } = readArguments(args);
  return operands.length === 1 ? `${resolvePath(cwd, operands[0] ?? '')}\n` : null;
}

function printedFile({ args, input, cwd }: ShellCommand, { reading }: ShellScope): string | null {
  const { operands } = readArguments(args);
  const isFromInput = operands.length === 0 || operands.join() === '-';
  if (isFromInput && input.kind !== 'file') return input.kind === 'text' ? input.text : null;
  const paths = isFromInput && input.kind === 'file' ? [input.path] : operands;
  const texts = paths.map((path) => reading.files.get(resolvePath(cwd, path))?.text ?? null);
  return texts.includes(null) ? null : texts.join('');
}

function echoed(args: readonly string[]): string {
  const start = args.findIndex((word) => !/^-[neE]+$/.test(word));
  const flags = args.slice(0, start < 0 ? args.length : start).join('');
  const text = (start < 0 ? [] : args.slice(start)).join(' ');
  return (flags.includes('e') ? unescaped(text) : text) + (flags.includes('n') ? '' : '\n');
}

/** The output of `printf`: what it cannot be worked out for is marked. */
export function formatted([format = '', ...args]: readonly string[]): string {
  const rest = [...args];
  let text = '';
  do {
    const before = rest.length;
    text += unescaped(format).replace(/%(%|[-+ #0]*\d*(?:\.\d+)?[a-zA-Z])/g, (_, directive: string) =>
      directiveText(directive, rest),
    );
    if (rest.length === before) break;
  } while (rest.length > 0);
  return text;
}

function directiveText(directive: string, rest: string[]): string {
  if (directive === '%') return '%';
  const value = rest.shift() ?? '';
  if (directive === 's' || directive === 'd' || directive === 'i') return value;
  return directive === 'b' ? unescaped(value) : anyText;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  a: '',
  b: '',
  f: '',
  v: '',
  e: '',
};

/** Backslash escapes as `echo -e` and `printf` know them. */
export function unescaped(text: string): string {
  if (!isKnown(text) && !text.includes('\\')) return text;
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|0?[0-7]{1,3}|.)/gs, (whole, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCodePoint(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCodePoint(parseInt(code, 8));
    return escapes[code] ?? whole;
  });
}
