import type { DoubleQuotedChild, HereDocBody, Word, WordPart } from 'unbash';
import { expandBraces } from './expand-braces.js';
import { parameterValue, simpleValue } from './expand-parameter.js';
import { anyName, anyText, anyWords, asUnquoted } from './marks.js';
import { nestedScripts } from './parse-script.js';
import type { ShellCommand } from './shell-command.js';
import { type Flow, forkScope, type ShellScope, type ShellValue } from './shell-scope.js';

export interface Expanded {
  words: string[];
  suppliers: ShellCommand[];
}

interface Building extends Expanded {
  /** The word that is being put together; null between two. */
  open: string | null;
  scope: ShellScope;
  flow: Flow;
  quoted: boolean;
}

/** The words a word becomes: braces, variables, substitutions, splitting. Scripts in it are read on the way. */
export function expandWord(word: Word, scope: ShellScope, flow: Flow): Expanded {
  const alternatives = word.parts?.some(({ type }) => type === 'BraceExpansion') ? expandBraces(word) : [word];
  if (alternatives === null) {
    readNested(word, scope, flow);
    return { words: [anyWords], suppliers: [] };
  }
  const expanded = alternatives.map((alternative) => expandOne(alternative, scope, flow));
  return {
    words: expanded.flatMap(({ words }) => words),
    suppliers: expanded.flatMap(({ suppliers }) => suppliers),
  };
}

/** A word where it stays one: an assignment, the target of a redirection, the subject of a `case`. */
export function expandToText(word: Word, scope: ShellScope, flow: Flow): { text: string; suppliers: ShellCommand[] } {
  const building = startBuilding(scope, flow, true);
  if (word.parts === undefined) addText(building, withHome(word.value, word.text, scope));
  else addParts(building, word.parts);
  return { text: [...building.words, building.open ?? ''].join(' '), suppliers: building.suppliers };
}

/** The text of a here-document, its expansions done where its delimiter was not quoted. */
export function expandBody(
  body: HereDocBody,
  scope: ShellScope,
  flow: Flow,
): { text: string; suppliers: ShellCommand[] } {
  if (body.parts === undefined) return { text: body.text.replace(/\\([$`\\])|\\\n/g, '$1'), suppliers: [] };
  const building = startBuilding(scope, flow, true);
  addParts(building, body.parts);
  return { text: building.open ?? '', suppliers: building.suppliers };
}

/** Reads the scripts in a node whose value does not matter. */
export function readNested(node: Parameters<typeof nestedScripts>[0], scope: ShellScope, flow: Flow): ShellCommand[] {
  return nestedScripts(node).flatMap((script) => [
    ...scope.reading.run(script, forkScope(scope), { ...flow, from: [...flow.from, '$(…)'] }).commands,
  ]);
}

function startBuilding(scope: ShellScope, flow: Flow, quoted: boolean): Building {
  return { words: [], suppliers: [], open: null, scope, flow, quoted };
}

function expandOne(word: Word, scope: ShellScope, flow: Flow): Expanded {
  if (word.parts === undefined) return { words: [withHome(word.value, word.text, scope)], suppliers: [] };
  const building = startBuilding(scope, flow, false);
  addParts(building, word.parts);
  closeWord(building);
  return building;
}

function addParts(building: Building, parts: readonly WordPart[]): void {
  parts.forEach((part, index) => {
    if (index === 0 && part.type === 'Literal') addText(building, withHome(part.value, part.text, building.scope));
    else addPart(building, part);
  });
}

/** `~` stands for a home only where it was written plainly: at the beginning, or after `name=`. */
function withHome(value: string, written: string, scope: ShellScope): string {
  const [, name = ''] = /^([A-Za-z_]\w*=|)~/.exec(written) ?? [null, null];
  if (name === null) return value;
  const [prefix = ''] = value.slice(name.length).split('/', 1);
  return name + tildeFolder(prefix, scope) + value.slice(name.length + prefix.length);
}

function tildeFolder(prefix: string, scope: ShellScope): string {
  if (prefix === '~') return scope.variables.get('HOME')?.words.join(' ') ?? anyText;
  if (prefix === '~+') return scope.cwd;
  if (prefix === '~-') return scope.previousCwd;
  return prefix === '~root' ? '/root' : `/home/${prefix.slice(1)}`;
}

type PartAdder<Type extends WordPart['type']> = (building: Building, part: Extract<WordPart, { type: Type }>) => void;

const partAdders: { [Type in WordPart['type']]: PartAdder<Type> } = {
  Literal: (building, { value }) => addText(building, value),
  SingleQuoted: (building, { value }) => addText(building, value),
  AnsiCQuoted: (building, { value }) => addText(building, value),
  DoubleQuoted: addQuoted,
  LocaleString: addQuoted,
  Glob: (building, part) => {
    building.suppliers.push(...readNested(part, building.scope, building.flow));
    // No file is called as a URL is: there the characters stand for themselves.
    const isPlain = building.quoted || /^[a-z][a-z0-9+.-]*:\/\//i.test(building.open ?? '');
    addText(building, isPlain ? part.value : anyName);
  },
  ExtendedGlob: addPattern,
  BraceExpansion: (building, part) => addText(building, part.text),
  SimpleExpansion: (building, { text }) =>
    addValue(building, simpleValue(text.slice(1), building.scope), text === '$@'),
  ParameterExpansion: (building, part) => {
    const { value, spreads } = parameterValue(part, building.scope, {
      text: (word) => collect(building, expandToText(word, building.scope, building.flow)),
      problem: (reason) => building.scope.reading.problems.push({ reason, from: building.flow.from }),
    });
    addValue(building, value, spreads);
  },
  CommandExpansion: (building, { script, text }) => {
    const { scope, flow } = building;
    if (script === undefined) {
      scope.reading.problems.push({ reason: 'a substitution that cannot be read', from: flow.from });
      return addUnknown(building);
    }
    const from = [...flow.from, text.startsWith('`') ? '`…`' : '$(…)'];
    const ran = scope.reading.run(script, forkScope(scope), { ...flow, from });
    building.suppliers.push(...ran.commands);
    if (ran.output === null) addUnknown(building);
    else addValue(building, { words: [ran.output.replace(/\n+$/, '')], isArray: false, suppliers: [] }, false);
  },
  ArithmeticExpansion: addPattern,
  ProcessSubstitution: (building, { script, operator }) => {
    if (script === undefined) return addUnknown(building);
    const { scope, flow } = building;
    const from = [...flow.from, `${operator}(…)`];
    const ran = scope.reading.run(script, forkScope(scope), { ...flow, from, concurrent: true });
    const path = `/dev/fd/p${scope.reading.files.size}`;
    scope.reading.files.set(path, { text: ran.output, sources: ran.commands });
    building.suppliers.push(...ran.commands);
    addText(building, path);
  },
};

function addPart(building: Building, part: WordPart): void {
  (partAdders[part.type] as PartAdder<typeof part.type>)(building, part);
}

function addQuoted(building: Building, { parts }: { parts: readonly DoubleQuotedChild[] }): void {
  const { quoted } = building;
  building.quoted = true;
  addText(building, '');
  for (const part of parts) addPart(building, part);
  building.quoted = quoted;
}

/** A number or a name that is found on disk: nothing else can come of it. */
function addPattern(building: Building, part: WordPart): void {
  building.suppliers.push(...readNested(part, building.scope, building.flow));
  addText(building, anyName);
}

function collect(building: Building, { text, suppliers }: { text: string; suppliers: ShellCommand[] }): string {
  building.suppliers.push(...suppliers);
  return text;
}

function addUnknown(building: Building): void {
  addText(building, building.quoted ? anyText : anyWords);
}

function addValue(building: Building, value: ShellValue, spreads: boolean): void {
  building.suppliers.push(...value.suppliers);
  if (!building.quoted) return addUnquoted(building, value);
  if (!spreads || !value.isArray) return addText(building, value.words.join(' '));
  value.words.forEach((word, index) => {
    if (index > 0) closeWord(building);
    addText(building, word);
  });
}

function addUnquoted(building: Building, { words }: ShellValue): void {
  words.forEach((word, index) => {
    if (index > 0) closeWord(building);
    const text = building.scope.splitsOddly && word !== '' ? anyWords : asUnquoted(word);
    text.split(/[ \t\n]+/).forEach((piece, place) => {
      if (place > 0) closeWord(building);
      if (piece !== '') addText(building, piece);
    });
  });
}

function addText(building: Building, text: string): void {
  building.open = (building.open ?? '') + text;
}

function closeWord(building: Building): void {
  if (building.open !== null) building.words.push(building.open);
  building.open = null;
}
