import type { ArrayValue, Assignment, Command, Word } from 'unbash';
import { unwrap } from '../unwrapping/unwrap.js';
import { expandToText, expandWord } from './expand-word.js';
import { callFunction } from './functions.js';
import { inlineCode } from './inline-code.js';
import { knownOutput, outputTarget } from './known-output.js';
import { anyWords } from './marks.js';
import { resolvePath } from './paths.js';
import { isExhausted, nothingMore } from './reading-budget.js';
import { programName } from './program-name.js';
import { readRedirects } from './read-redirects.js';
import { runInner } from './run-inner.js';
import { applyEffect, assign, isShellState } from './scope-effects.js';
import type { ShellAssignment, ShellCommand } from './shell-command.js';
import {
  type Flow,
  forkScope,
  type Ran,
  type ShellScope,
  type ShellValue,
  type WrittenCommand,
} from './shell-scope.js';
import { rememberWrites } from './written-files.js';

/** The shell's own commands that only decide or print. */
const quietBuiltins = new Set([
  ':',
  'true',
  'false',
  'exit',
  'return',
  'break',
  'continue',
  'wait',
  'jobs',
  'bg',
  'fg',
]);
/** They evaluate the subscripts of names they are given, or take texts for numbers. */
const subscriptReaders = new Set(
  'test [ declare typeset local readonly export read unset printf let mapfile readarray wait'.split(' '),
);
const leaving = new Set(['exit', 'return', 'exec', 'break', 'continue']);

/** Reads a simple command: expands it, notes what it changes in the shell, and reads what it runs. */
export function readSimple(command: Command, scope: ShellScope, flow: Flow): Ran {
  const { assignments, suppliers } = readAssignments(command, scope, flow);
  const words: string[] = [];
  for (const word of command.name === undefined ? [] : [command.name, ...command.args]) {
    const expanded = word.type === 'Word' ? expandWord(word, scope, flow) : declared(word, scope, flow);
    words.push(...expanded.words);
    suppliers.push(...expanded.suppliers);
  }
  const { redirects, input, suppliers: more } = readRedirects(command.redirects, scope, flow);
  suppliers.push(...more);
  if (words.length === 0) for (const assignment of assignments) assign(scope, assignment, suppliers);
  const inner = {
    ...flow,
    suppliers: [...new Set([...flow.suppliers, ...suppliers])],
    ...(input !== null && { input, upstream: [] }),
  };
  return runCommand({ words, assignments, redirects }, scope, inner);
}

/** Reads a command whose words are known already. */
export function runCommand(written: WrittenCommand, scope: ShellScope, flow: Flow): Ran {
  const { reading } = scope;
  if (isExhausted(scope, flow)) return nothingMore;
  const command = describe(written, scope, flow);
  reading.commands.push(command);
  const [name = ''] = command.words;
  const definition = scope.functions.get(name);
  if (definition === undefined) return { ...runProgram(command, scope, flow), leaves: leaving.has(name) };
  // Whether the function was defined may depend: what a program of that name would run is read, too.
  const asProgram = runProgram(command, forkScope(scope), flow);
  command.transparent = true;
  const ran = callFunction({ definition, command }, scope, flow);
  return { ...ran, commands: [...asProgram.commands, ...ran.commands] };
}

function runProgram(command: ShellCommand, scope: ShellScope, flow: Flow): Omit<Ran, 'leaves'> {
  if (subscriptReaders.has(command.program ?? '')) for (const word of command.args) warnOfHiddenCode(word, scope, flow);
  applyEffect(command, scope);
  const inner = unwrap(command);
  command.transparent ||= inner.passes;
  const runs = inner.runs.map((run) => runInner(run, command, { scope, flow }));
  const [only] = runs;
  const passesOn = inner.passes && runs.length === 1 && only !== undefined;
  const printed = passesOn ? only.output : knownOutput(command, scope);
  const commands = [command, ...runs.flatMap((ran) => ran.commands)];
  rememberWrites({ command, commands, printed }, scope);
  return { commands, output: outputTarget(command) === undefined ? printed : '' };
}

function describe(
  { words, assignments = [], redirects = [] }: WrittenCommand,
  scope: ShellScope,
  flow: Flow,
): ShellCommand {
  const [name = ''] = words;
  const program = words.length === 0 ? '' : programName(name);
  const command: ShellCommand = {
    words,
    program,
    args: words.slice(1),
    assignments: [...exportedValues(scope), ...assignments],
    redirects,
    input: flow.input,
    upstream: flow.upstream,
    suppliers: [...flow.suppliers, ...writersOf(words, scope)],
    cwd: scope.cwd,
    from: flow.from,
    guessed: flow.guessed,
    transparent: program !== null && (program === '' || quietBuiltins.has(program) || isShellState(program)),
  };
  const code = inlineCode(command, scope.reading.files);
  return code === undefined ? command : { ...command, code };
}

/** The commands that wrote the files which a command names, where the line itself has written them. */
function writersOf(words: readonly string[], { reading, cwd }: ShellScope): ShellCommand[] {
  if (reading.files.size === 0) return [];
  return words.slice(1).flatMap((word) => [...(reading.files.get(resolvePath(cwd, word))?.sources ?? [])]);
}

function exportedValues(scope: ShellScope): ShellAssignment[] {
  return [...scope.exported].flatMap((name) => {
    const value = scope.variables.get(name);
    return value === undefined ? [] : [{ name, value: value.words.join(' ') }];
  });
}

interface ReadAssignments {
  assignments: ShellAssignment[];
  suppliers: ShellCommand[];
}

function readAssignments(command: Command, scope: ShellScope, flow: Flow): ReadAssignments {
  const read: ReadAssignments = { assignments: [], suppliers: [] };
  const isAlone = command.name === undefined;
  for (const part of command.prefix) {
    if (part.type !== 'Assignment') continue;
    const value = assignedValue(part, scope, flow);
    read.suppliers.push(...value.suppliers);
    if (isAlone && value.isArray) setArray(scope, part, value);
    else read.assignments.push({ name: part.name, value: appended(part, value, scope) });
  }
  return read;
}

/** An array, or one element of one, is no text: it is set at once. */
function setArray(scope: ShellScope, { name, append }: Assignment, value: ShellValue): void {
  const before = append === true ? (scope.variables.get(name)?.words ?? []) : [];
  scope.variables.set(name, { ...value, words: cappedWords([...before, ...value.words]) });
}

function assignedValue(assignment: Assignment, scope: ShellScope, flow: Flow): ShellValue {
  const { value, index } = assignment;
  if (index !== undefined) expandToText(index, scope, flow);
  if (value.type === 'ArrayValue') return arrayValue(value, scope, flow);
  const { text, suppliers } = expandToText(value, scope, flow);
  warnOfHiddenCode(text, scope, flow);
  // The other elements of the array stay as they are, and which one this is may not be known.
  return index === undefined
    ? { words: [text], isArray: false, suppliers }
    : { words: [anyWords], isArray: true, suppliers };
}

function arrayValue({ elements }: ArrayValue, scope: ShellScope, flow: Flow): ShellValue {
  const expanded = elements.map((element) => expandWord(element, scope, flow));
  return {
    words: cappedWords(expanded.flatMap(({ words }) => words)),
    isArray: true,
    suppliers: [...new Set(expanded.flatMap(({ suppliers }) => suppliers))],
  };
}

const maxWords = 1_000;
const maxCharacters = 50_000;

function cappedWords(words: readonly string[]): readonly string[] {
  return words.length > maxWords || words.join('').length > maxCharacters ? [anyWords] : words;
}

function appended({ name, append }: Assignment, value: ShellValue, scope: ShellScope): string {
  const before = append === true ? (scope.variables.get(name)?.words.join(' ') ?? '') : '';
  return before + value.words.join(' ');
}

/** `export X=…`, `declare X=…`: an assignment where an argument stands. */
function declared(
  word: Assignment | Word,
  scope: ShellScope,
  flow: Flow,
): { words: string[]; suppliers: ShellCommand[] } {
  if (word.type === 'Word') return expandWord(word, scope, flow);
  const value = assignedValue(word, scope, flow);
  if (value.isArray) setArray(scope, word, value);
  else assign(scope, { name: word.name, value: appended(word, value, scope) }, value.suppliers);
  return { words: [`${word.name}=${value.words.join(' ')}`], suppliers: [...value.suppliers] };
}

/** The shell runs `$(…)` in the subscript of a name wherever it takes a text for a number: `x='a[$(id)]'; echo $((x))`. */
function hidesCode(text: string): boolean {
  return /\w\[[^\]]{0,200}(\$\(|`)/.test(text);
}

export function warnOfHiddenCode(text: string, scope: ShellScope, flow: Flow): void {
  if (!hidesCode(text)) return;
  scope.reading.problems.push({ reason: 'a value holds a command inside a subscript', from: flow.from });
}
