import { readArguments } from './command-options.js';
import { ownEntry } from './own-entry.js';
import { formatted } from './known-output.js';
import { anyText } from './marks.js';
import { resolvePath } from './paths.js';
import type { ShellAssignment, ShellCommand } from './shell-command.js';
import { type ShellScope, textValue, unknownValue } from './shell-scope.js';

type Effect = (command: ShellCommand, scope: ShellScope) => void;

/** What the shell's own commands change for what comes after them. */
const effects: Readonly<Record<string, Effect>> = {
  cd: changeFolder,
  chdir: changeFolder,
  pushd: (command, scope) => {
    scope.folderStack.push(scope.cwd);
    changeFolder(command, scope);
  },
  popd: (_, scope) => moveTo(scope, scope.folderStack.pop() ?? anyText),
  set: ({ args }, scope) => {
    const start = args.findIndex((word) => word === '--' || !/^[-+]/.test(word));
    const words = args.slice(args[start] === '--' ? start + 1 : start);
    if (start >= 0) scope.positional = { words, isArray: true, suppliers: [] };
  },
  shift: ({ args }, scope) => {
    const count = Number(args[0] ?? 1);
    if (scope.positional === null) return;
    scope.positional = Number.isInteger(count)
      ? { ...scope.positional, words: scope.positional.words.slice(count) }
      : null;
  },
  unset: ({ args }, scope) => {
    for (const name of args.filter((word) => !word.startsWith('-'))) scope.variables.set(name, textValue(''));
  },
  read: forget('p d n N t u i a'),
  mapfile: forget('d n O s u C c'),
  readarray: forget('d n O s u C c'),
  getopts: forget(''),
  let: (_, scope) => forgetAll(scope),
  wait: forget(''),
  printf: ({ args }, scope) => {
    const [flag, name, ...rest] = args;
    if (flag === '-v' && name !== undefined) scope.variables.set(name, textValue(formatted(rest)));
  },
  export: exportNames,
  declare: declareNames,
  typeset: declareNames,
};

export function applyEffect(command: ShellCommand, scope: ShellScope): void {
  ownEntry(effects, command.program)?.(command, scope);
}

/** Every builtin here changes the shell and nothing else. */
export function isShellState(program: string): boolean {
  return Object.hasOwn(effects, program) || ['local', 'readonly', 'shopt', 'set', 'ulimit'].includes(program);
}

export function assign(scope: ShellScope, { name, value }: ShellAssignment, suppliers: readonly ShellCommand[]): void {
  scope.variables.set(name, textValue(value, suppliers));
  // The environment has one: what is set here is what every program gets.
  if (name === 'PATH') scope.exported.add(name);
  if (name === 'IFS') scope.splitsOddly = true;
  if (name === 'PWD') scope.cwd = anyText;
}

function changeFolder({ args }: ShellCommand, scope: ShellScope): void {
  const { operands } = readArguments(args);
  const [folder] = operands;
  if (scope.variables.has('CDPATH')) return moveTo(scope, anyText);
  if (folder === undefined) return moveTo(scope, scope.variables.get('HOME')?.words.join(' ') ?? anyText);
  if (folder === '-') return moveTo(scope, scope.previousCwd);
  moveTo(scope, resolvePath(scope.cwd, folder));
}

function moveTo(scope: ShellScope, folder: string): void {
  scope.previousCwd = scope.cwd;
  scope.cwd = folder;
}

/** The operands are names whose values come from somewhere else. */
function forget(values: string): Effect {
  return (command, scope) => {
    const read = readArguments(command.args, { values });
    const named = [
      ...read.operands,
      ...read.options.flatMap(({ name, value }) => (name === 'a' && value !== null ? [value] : [])),
    ];
    // What reads a file supplies what is in it.
    const sources = [...command.upstream, ...command.suppliers, ...(command.input.kind === 'file' ? [command] : [])];
    const known = command.program === 'read' ? knownLine(command, named) : null;
    if (known !== null)
      return void known.forEach((text, index) => scope.variables.set(named[index] ?? '', textValue(text, sources)));
    for (const name of named.length === 0 ? ['REPLY', 'MAPFILE'] : named) {
      scope.variables.set(name, { ...unknownValue, suppliers: sources });
    }
  };
}

/** What `read a b` makes of one line that is known: a word for each name, and the rest for the last. */
function knownLine({ input, args }: ShellCommand, names: readonly string[]): string[] | null {
  if (input.kind !== 'text' || /\n./s.test(input.text) || args.some((word) => /^-\w*[ad]/.test(word))) return null;
  const words = input.text.trim().split(/[ \t]+/);
  return names.map((_, index) => (index < names.length - 1 ? (words[index] ?? '') : words.slice(index).join(' ')));
}

function forgetAll(scope: ShellScope): void {
  for (const name of scope.variables.keys()) if (name !== 'HOME') scope.variables.set(name, unknownValue);
}

function exportNames({ args }: ShellCommand, scope: ShellScope): void {
  for (const word of args) if (!word.startsWith('-')) scope.exported.add(word.replace(/\+?=.*$/s, ''));
}

function declareNames(command: ShellCommand, scope: ShellScope): void {
  const flags = command.args.filter((word) => word.startsWith('-')).join('');
  if (flags.includes('x')) exportNames(command, scope);
  // A reference to another variable: whatever is read by this name is not known.
  if (!/[nul]/.test(flags)) return;
  for (const word of command.args) {
    if (!word.startsWith('-')) scope.variables.set(word.replace(/\+?=.*$/s, ''), unknownValue);
  }
}
