import type { CommandPattern, PatternWord } from '@fermata/contracts';
import { anyWords, isKnown } from '../shell/marks.js';
import { programName } from '../shell/program-name.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { fitsSequence } from './wildcards.js';

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
  const wanted = programName(pattern.program.join('*'))?.split('*') ?? pattern.program;
  if (!fitsText(program, wanted) && !fitsText(name, pattern.program)) return false;
  return (
    fitsWords(args, pattern.words, fitsPossibly) ||
    fitsWords(spreadFlags(args), spreadPattern(pattern.words), fitsPossibly)
  );
}

type Fits = (word: string, pattern: readonly string[]) => boolean;

function fitsWords(words: readonly string[], pattern: readonly PatternWord[], fits: Fits): boolean {
  return fitsSequence(words, pattern, {
    isAny: (part) => part === 'gap',
    fits: (word, part) => part !== 'gap' && fits(word, part),
  });
}

/** What may turn into several words, or none, fits no single one. */
const fitsSurely: Fits = (word, pattern) => !word.includes(anyWords) && fitsText(word, pattern);
const fitsPossibly: Fits = (word, pattern) => !isKnown(word) || fitsText(word, pattern);

function fitsText(text: string, pattern: readonly string[]): boolean {
  const characters = pattern.flatMap((part, index) => [...(index === 0 ? [] : [null]), ...part]);
  return fitsSequence([...text], characters, { isAny: (part) => part === null, fits: (item, part) => item === part });
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
  const star = '\u0001';
  const texts = words.map((word) => (word === 'gap' ? gap : word.join(star)));
  return spreadFlags(texts).map((text) => (text === gap ? 'gap' : text.split(star)));
}
