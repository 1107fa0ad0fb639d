import type { DangerId } from '@fermata/contracts';
import { fitsWildcard } from '../rules/wildcards.js';
import { hasOption, readArguments } from '../shell/command-options.js';
import { anyWords, showMarked, withoutUnknown } from '../shell/marks.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { type DangerCheck, finding } from './danger-check.js';
import { globalOptions, verbTable } from './verb-table.js';

interface Verb {
  danger: DangerId;
  /** The words after the program's name, options left out. `…` first: they may stand a few words later. */
  words: readonly string[];
  isLoose: boolean;
  /** Options of which one must be there. */
  needs: readonly string[];
  /** Options with which it does nothing. */
  unless: readonly string[];
}

const verbs: ReadonlyMap<string, readonly Verb[]> = readTable();

function readTable(): Map<string, Verb[]> {
  const table = new Map<string, Verb[]>();
  for (const [danger, lines] of Object.entries(verbTable) as [DangerId, readonly string[]][]) {
    for (const line of lines) {
      const [program = '', ...rest] = line.split(' ');
      const words = rest.filter((word) => !/^([-!]|…$)/.test(word));
      table.set(program, [
        ...(table.get(program) ?? []),
        {
          danger,
          words,
          isLoose: rest[0] === '…',
          needs: rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/^-+/, '')),
          unless: rest.filter((word) => word.startsWith('!')).map((word) => word.slice(1)),
        },
      ]);
    }
  }
  return table;
}

const looseness = 5;
/** Programs whose long options begin with one dash. */
const singleDashed = new Set(['terraform']);

/** Programs that do many things, judged by the words that say which: `kubectl delete`, `npm publish`. */
export const verbDangers: DangerCheck = ({ program, args }: ShellCommand) => {
  const known = program === null ? undefined : verbs.get(program);
  if (program === null || known === undefined) return [];
  // `cargo +nightly publish`
  const plain = singleDashed.has(program)
    ? args.map((word) => word.replace(/^-(?=[a-z]{2})/, '--'))
    : args.filter((word) => !/^\+\w/.test(word));
  const read = readArguments(plain, { values: globalOptions[program] ?? '' });
  const found = known.find(
    (verb) =>
      standsIn(verb, read.operands) &&
      (verb.needs.length === 0 || hasOption(read, ...verb.needs)) &&
      !(verb.unless.length > 0 && hasOption(read, ...verb.unless)),
  );
  if (found !== undefined)
    return finding(found.danger, [program, ...read.operands.slice(0, 3)].map(showMarked).join(' '));
  const isUnknown =
    read.operands[0]?.includes(anyWords) === true && known.some(({ danger }) => danger === 'cluster-delete');
  return isUnknown ? finding('unparsed', `what ${program} is to do`) : [];
};

function standsIn({ words, isLoose }: Verb, operands: readonly string[]): boolean {
  const starts = isLoose ? Array.from({ length: looseness }, (_, index) => index) : [0];
  return starts.some((start) => words.every((word, index) => isWord(operands[start + index], word)));
}

function isWord(operand: string | undefined, pattern: string): boolean {
  return (
    operand !== undefined &&
    pattern.split('|').some((wanted) => fitsWildcard(withoutUnknown(operand).toLowerCase(), wanted))
  );
}
