import { DomainError } from '@fermata/contracts';
import { anyName, anyWords, isKnown } from '../shell/marks.js';
import { programName } from '../shell/program-name.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { fitsSequence } from './wildcards.js';

/** One word of a pattern; `gap` stands for any number of words. A `*` within a word is kept as `anyName`. */
type PatternWord = { text: string } | 'gap';

export interface CommandPattern {
  program: string;
  words: readonly PatternWord[];
}

/**
 * Reads a pattern over the words of a command: `git push *`, `npm run test:*`, `rm -rf **`.
 * Words are separated by spaces and quoted as in a shell. `*` within a word stands for any characters of that word; alone
 * it stands for one word, and as the last for any number of words; `**` stands for any number of words anywhere. Nothing in
 * quotes is a star.
 * @throws DomainError `invalid_input` when it names no program or a quote is left open
 */
export function parseCommandPattern(pattern: string): CommandPattern {
  const words = splitWords(pattern);
  const [program] = words;
  if (program === undefined || program.text === '') throw invalid(pattern, 'names no program');
  const rest = words.slice(1).map(({ text }, index, all) => {
    if (text === anyName + anyName) return 'gap' as const;
    return text === anyName && index === all.length - 1 ? ('gap' as const) : { text };
  });
  return { program: program.text, words: rest };
}

function splitWords(pattern: string): { text: string }[] {
  const words: { text: string }[] = [];
  let rest = pattern.trim();
  while (rest !== '') {
    const match = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/s.exec(rest);
    if (match === null) throw invalid(pattern, 'has a quote that is not closed');
    words.push({ text: unquoted(match[0]) });
    rest = rest.slice(match[0].length).trimStart();
  }
  return words;
}

function unquoted(word: string): string {
  return word.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|\*/gs, (part) => {
    if (part === '*') return anyName;
    if (part.startsWith("'")) return part.slice(1, -1);
    return (part.startsWith('"') ? part.slice(1, -1) : part).replace(/\\(.)/gs, '$1');
  });
}

function invalid(pattern: string, problem: string): DomainError {
  return new DomainError('invalid_input', `the command pattern ${JSON.stringify(pattern)} ${problem}`);
}

/**
 * True when the command certainly is what the pattern says: what a rule that allows asks for. A program given by its path
 * is only taken for the one of that name where the system keeps its programs.
 */
export function surelyMatches(pattern: CommandPattern, { words, args }: ShellCommand): boolean {
  const [name = ''] = words;
  const isNamed =
    fitsText(name, pattern.program) || fitsText(name.replace(/^\/(usr\/(local\/)?)?s?bin\//, ''), pattern.program);
  return isNamed && isKnown(name) && fitsWords(args, pattern.words, fitsSurely);
}

/**
 * True when the command may be what the pattern says: what a rule that asks or denies asks for. Flags of one letter may be
 * written together, apart and in any order.
 */
export function possiblyMatches(pattern: CommandPattern, { program, words, args }: ShellCommand): boolean {
  if (program === null) return false;
  const [name = ''] = words;
  const wanted = programName(pattern.program) ?? pattern.program;
  if (!fitsText(program, wanted) && !fitsText(name, pattern.program)) return false;
  return (
    fitsWords(args, pattern.words, fitsPossibly) ||
    fitsWords(spreadFlags(args), spreadPattern(pattern.words), fitsPossibly)
  );
}

type Fits = (word: string, pattern: string) => boolean;

function fitsWords(words: readonly string[], pattern: readonly PatternWord[], fits: Fits): boolean {
  return fitsSequence(words, pattern, {
    isAny: (part) => part === 'gap',
    fits: (word, part) => part !== 'gap' && fits(word, part.text),
  });
}

/** What may turn into several words, or none, fits no single one. */
const fitsSurely: Fits = (word, pattern) => !word.includes(anyWords) && fitsText(word, pattern);
const fitsPossibly: Fits = (word, pattern) => !isKnown(word) || fitsText(word, pattern);

function fitsText(text: string, pattern: string): boolean {
  return fitsSequence([...text], [...pattern], {
    isAny: (part) => part === anyName,
    fits: (item, part) => item === part,
  });
}

/** `-rf` becomes `-f -r`: runs of short flags, sorted. */
function spreadFlags(words: readonly string[]): string[] {
  const spread: string[] = [];
  let run: string[] = [];
  for (const word of words) {
    if (/^-[A-Za-z]+$/.test(word)) {
      run.push(...[...word.slice(1)].map((letter) => `-${letter}`));
      continue;
    }
    spread.push(...run.sort(), word);
    run = [];
  }
  return [...spread, ...run.sort()];
}

function spreadPattern(words: readonly PatternWord[]): PatternWord[] {
  const gap = '\u0000';
  return spreadFlags(words.map((word) => (word === 'gap' ? gap : word.text))).map((text) =>
    text === gap ? 'gap' : { text },
  );
}
