import type { ParameterExpansionPart, ParameterOperation, Word } from 'unbash';
import { anyName, anyText, holdsAnything, isKnown } from './marks.js';
import { type ShellScope, type ShellValue, textValue, unknownValue } from './shell-scope.js';

/** What the expansion of a parameter needs from the word around it. */
interface Asking {
  /** The text of a word inside the braces. */
  text(word: Word): string;
  problem(reason: string): void;
}

interface Expansion {
  value: ShellValue;
  /** In quotes it becomes one word for each element. */
  spreads: boolean;
}

/** Variables whose value is a number, or at least no path. */
const plainVariables = new Set([
  'RANDOM',
  'SECONDS',
  'LINENO',
  'UID',
  'EUID',
  'PPID',
  'BASHPID',
  'EPOCHSECONDS',
  'SHLVL',
]);

/** The value of `$name`, without braces. */
export function simpleValue(name: string, scope: ShellScope): ShellValue {
  const special = specialValue(name, scope);
  if (special !== null) return special;
  const value = scope.variables.get(name) ?? unknownValue;
  return value.isArray ? { ...value, words: value.words.slice(0, 1), isArray: false } : value;
}

/** What the shell itself keeps. Null for a plain variable. */
function specialValue(name: string, scope: ShellScope): ShellValue | null {
  if (/^[#?$!-]$/.test(name) || plainVariables.has(name)) return textValue(anyName);
  if (name === '@' || name === '*') return scope.positional ?? { ...unknownValue, isArray: true };
  if (/^[1-9]\d*$/.test(name)) return positionalValue(Number(name), scope);
  if (name === 'PWD') return textValue(scope.cwd);
  return name === 'OLDPWD' ? textValue(scope.previousCwd) : null;
}

function positionalValue(place: number, { positional }: ShellScope): ShellValue {
  if (positional === null) return unknownValue;
  return textValue(positional.words[place - 1] ?? '', positional.suppliers);
}

/** The value of `${…}`. */
export function parameterValue(part: ParameterExpansionPart, scope: ShellScope, asking: Asking): Expansion {
  const index = part.index === undefined ? null : asking.text(part.index);
  const spreads = index === '@' || part.parameter === '@';
  // Operands are always read: they may hold commands even where their value does not matter.
  const operands = part.operation === undefined ? [] : operandsOf(part.operation).map((word) => asking.text(word));
  if (part.prefix === '#') return { value: textValue(anyName), spreads: false };
  if (part.prefix === '!') return { value: { ...unknownValue, isArray: spreads }, spreads };
  const value = elementsOf(part.parameter, index, scope);
  return { value: operate({ part, value, operands }, scope, asking), spreads };
}

function operandsOf(operation: ParameterOperation): Word[] {
  const { operand, pattern, replacement, offset, length } = operation as Partial<
    Record<'operand' | 'pattern' | 'replacement' | 'offset' | 'length', Word>
  >;
  return [operand, pattern, replacement, offset, length].filter((word) => word !== undefined);
}

function elementsOf(name: string, index: string | null, scope: ShellScope): ShellValue {
  if (index === null) return simpleValue(name, scope);
  const value = scope.variables.get(name) ?? unknownValue;
  if (index === '@' || index === '*') return value;
  const element = /^\d+$/.test(index) && value.isArray ? (value.words[Number(index)] ?? '') : anyText;
  return textValue(element, value.suppliers);
}

interface Operated {
  part: ParameterExpansionPart;
  value: ShellValue;
  operands: readonly string[];
}

function operate({ part, value, operands }: Operated, scope: ShellScope, asking: Asking): ShellValue {
  const { operation } = part;
  if (operation === undefined) return value;
  const [first = ''] = operands;
  if (operation.type === 'Transform' && first === 'P') asking.problem('a value is expanded a second time (@P)');
  if (operation.type === 'Default') return defaulted({ part, value, operands }, operation.operator, scope);
  const change = textChanges[operation.type];
  if (change === undefined) return { ...value, words: value.words.map(() => anyText) };
  return { ...value, words: value.words.map((word) => change(word, operands, operation) ?? anyText) };
}

/** `${x:-default}` and its kin. A variable that this line did not set may come from the environment. */
function defaulted({ part, value, operands }: Operated, operator: string, scope: ShellScope): ShellValue {
  const { parameter } = part;
  const isSet = scope.variables.has(parameter) && !value.words.some(holdsAnything);
  const isEmpty = value.words.every((word) => word === '');
  const [operand = ''] = operands;
  if (operator.endsWith('+')) return isSet ? textValue(isEmpty ? '' : operand) : unknownValue;
  if (isSet) return isEmpty && operator.startsWith(':') ? textValue(operand) : value;
  if (operator.endsWith('=')) scope.variables.set(parameter, unknownValue);
  return { ...unknownValue, suppliers: value.suppliers };
}

type TextChange = (text: string, operands: readonly string[], operation: ParameterOperation) => string | null;

/** What can be worked out for known texts. Null: it cannot. */
const textChanges: Partial<Record<ParameterOperation['type'], TextChange>> = {
  Remove: (text, [pattern = ''], operation) => {
    if (holdsAnything(text)) return null;
    const operator = 'operator' in operation ? operation.operator : '';
    return removedBySlash(text, pattern, operator) ?? removedPlainly(text, pattern, operator);
  },
  CaseModification: (text, _operands, operation) => {
    const operator = 'operator' in operation ? operation.operator : '';
    if (!isKnown(text)) return null;
    if (operator === ',,') return text.toLowerCase();
    return operator === '^^' ? text.toUpperCase() : null;
  },
  Replace: (text, [pattern = '', replacement = ''], operation) => {
    const operator = 'operator' in operation ? operation.operator : '';
    if (!isKnown(text + pattern + replacement) || /[*?[]/.test(pattern) || pattern === '') return null;
    if (operator === '//') return text.replaceAll(pattern, () => replacement);
    return operator === '/' ? text.replace(pattern, () => replacement) : null;
  },
  Slice: (text, [offset = '', length]) => {
    if (!isKnown(text) || !/^\d+$/.test(offset) || (length !== undefined && !/^\d+$/.test(length))) return null;
    const start = Number(offset);
    return length === undefined ? text.slice(start) : text.slice(start, start + Number(length));
  },
};

/** The two usual ways to take a path apart. */
function removedBySlash(text: string, pattern: string, operator: string): string | null {
  const slash = text.lastIndexOf('/');
  if (operator === '##' && pattern === '*/') return text.slice(slash + 1);
  return operator === '%' && pattern === '/*' ? text.slice(0, slash < 0 ? text.length : slash) : null;
}

function removedPlainly(text: string, pattern: string, operator: string): string | null {
  if (/[*?[]/.test(pattern) || !isKnown(pattern)) return null;
  if (operator.startsWith('%')) return text.endsWith(pattern) ? text.slice(0, text.length - pattern.length) : text;
  return text.startsWith(pattern) ? text.slice(pattern.length) : text;
}
