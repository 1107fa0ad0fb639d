import type { OperationPlace } from '@fermata/contracts';
import type { CompoundCommand, CompoundList, ParsedScript, Redirected } from 'unbash';
import { anyText } from './marks.js';
import type { CommandInput, ShellAssignment, ShellCommand, ShellProblem, ShellRedirect } from './shell-command.js';

/** What a variable holds: one text, or the elements of an array. */
export interface ShellValue {
  words: readonly string[];
  isArray: boolean;
  /** The commands whose output is in it. */
  suppliers: readonly ShellCommand[];
}

export type FunctionBody = CompoundCommand | Redirected | CompoundList;

export interface ShellFunction {
  name: string;
  body: FunctionBody;
  /** Where it was defined: a body that nothing calls is read as it would run from here. */
  flow: Flow;
}

/** A file that the command line itself writes before something may run it. */
export interface WrittenFile {
  /** Its content, or null when that is known only when the line runs. */
  text: string | null;
  sources: readonly ShellCommand[];
}

/** What reading one command line gathers, whichever shell of it is being read. */
export interface Reading {
  readonly place: OperationPlace;
  readonly commands: ShellCommand[];
  readonly problems: ShellProblem[];
  readonly forkBombs: string[];
  readonly files: Map<string, WrittenFile>;
  readonly uncalled: Map<FunctionBody, { definition: ShellFunction; scope: ShellScope }>;
  /** Statements and commands, and characters of scripts within, that may still be read: nothing must take for ever. */
  budget: { steps: number; characters: number };
  run(script: ParsedScript, scope: ShellScope, flow: Flow): Ran;
  runBody(body: FunctionBody, scope: ShellScope, flow: Flow): Ran;
  runCommand(command: WrittenCommand, scope: ShellScope, flow: Flow): Ran;
}

/** A command whose words are known already, as those that a command hands to another. */
export interface WrittenCommand {
  words: readonly string[];
  assignments?: readonly ShellAssignment[];
  redirects?: readonly ShellRedirect[];
}

/** What a shell knows while it goes through its commands. */
export interface ShellScope {
  reading: Reading;
  variables: Map<string, ShellValue>;
  functions: Map<string, ShellFunction>;
  cwd: string;
  previousCwd: string;
  folderStack: string[];
  /** `$1` and the following, or null when they are not known. */
  positional: ShellValue | null;
  exported: Set<string>;
  /** `IFS` was changed: how values are split into words is not known. */
  splitsOddly: boolean;
}

/** What surrounds a command. */
export interface Flow {
  from: readonly string[];
  guessed: boolean;
  input: CommandInput;
  upstream: readonly ShellCommand[];
  /** Commands that supplied what is being run, where it was built from their output. */
  suppliers: readonly ShellCommand[];
  /** Runs beside others: in a pipeline or in the background. */
  concurrent: boolean;
  /** The functions that are being called. */
  calls: readonly FunctionBody[];
  /** How many scripts lie around this one. */
  depth: number;
}

export interface Ran {
  commands: readonly ShellCommand[];
  /** What it prints, or null when that is known only when it runs. */
  output: string | null;
  /** Nothing comes after it in this shell: `exit`, `return`, `exec`. */
  leaves: boolean;
}

export const outermostFlow: Flow = {
  from: [],
  guessed: false,
  input: { kind: 'none' },
  upstream: [],
  suppliers: [],
  concurrent: false,
  calls: [],
  depth: 0,
};

const maxText = 50_000;

/** A value that has grown too large to follow is not known any more. */
export function textValue(text: string, suppliers: readonly ShellCommand[] = []): ShellValue {
  const words = [text.length > maxText ? anyText : text];
  return { words, isArray: false, suppliers: suppliers.length > 1 ? [...new Set(suppliers)] : suppliers };
}

export const unknownValue: ShellValue = textValue(anyText);

export function createScope(reading: Reading, cwd: string): ShellScope {
  const { home } = reading.place;
  return {
    reading,
    variables: new Map([
      ['HOME', textValue(home)],
      ['IFS', textValue(' \t\n')],
    ]),
    functions: new Map(),
    cwd,
    previousCwd: anyText,
    folderStack: [],
    positional: null,
    exported: new Set(),
    splitsOddly: false,
  };
}

/** A shell that starts as this one is and changes nothing of it: a subshell, a branch. */
export function forkScope(scope: ShellScope): ShellScope {
  return {
    ...scope,
    variables: new Map(scope.variables),
    functions: new Map(scope.functions),
    folderStack: [...scope.folderStack],
    exported: new Set(scope.exported),
  };
}

/** A new shell: it knows what was exported, and nothing else of this one. */
export function childScope(scope: ShellScope, assignments: readonly ShellAssignment[]): ShellScope {
  const isInherited = (name: string): boolean => name === 'HOME' || scope.exported.has(name);
  return {
    ...forkScope(scope),
    variables: new Map([
      ...[...scope.variables].filter(([name]) => isInherited(name)),
      ['IFS', textValue(' \t\n')],
      ...assignments.map(({ name, value }) => [name, textValue(value)] as const),
    ]),
    functions: new Map([...scope.functions].filter(([name]) => scope.exported.has(name))),
    positional: null,
    splitsOddly: false,
  };
}

/** After a branch that may or may not have been taken: where the two differ, nothing is known. */
export function mergeScope(scope: ShellScope, branch: ShellScope): void {
  for (const name of new Set([...scope.variables.keys(), ...branch.variables.keys()])) {
    const [a, b] = [scope.variables.get(name), branch.variables.get(name)];
    if (a === b) continue;
    const value = isSame(a, b) && a !== undefined ? a : unknownValue;
    scope.variables.set(name, { ...value, suppliers: suppliersOf(a, b) });
  }
  for (const [name, definition] of branch.functions) scope.functions.set(name, definition);
  if (scope.cwd !== branch.cwd) scope.cwd = anyText;
  if (scope.positional !== branch.positional) scope.positional = null;
  scope.exported = new Set([...scope.exported, ...branch.exported]);
  scope.splitsOddly ||= branch.splitsOddly;
}

function isSame(a: ShellValue | undefined, b: ShellValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.words.length === b.words.length && a.words.every((word, index) => word === b.words[index]);
}

function suppliersOf(...values: (ShellValue | undefined)[]): ShellCommand[] {
  return [...new Set(values.flatMap((value) => value?.suppliers ?? []))];
}
