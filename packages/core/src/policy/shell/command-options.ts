import { withoutUnknown } from './marks.js';

/** How a program reads its arguments. Names without dashes, separated by spaces; long and short ones alike. */
export interface OptionSpec {
  /** Options that take a value, attached or as the next word. */
  values?: string;
  /** Short options whose value, if any, is attached: `-i.bak`. */
  attached?: string;
  /** The first word that is no option ends the options, as where another command follows. */
  stopAtOperand?: boolean;
}

export interface ReadOption {
  name: string;
  value: string | null;
}

export interface ReadArguments {
  options: readonly ReadOption[];
  operands: readonly string[];
}

/** Sorts arguments into options and operands, as getopt does. */
export function readArguments(args: readonly string[], spec: OptionSpec = {}): ReadArguments {
  const names = { values: new Set(spec.values?.split(' ')), attached: new Set(spec.attached?.split(' ')) };
  const options: ReadOption[] = [];
  const operands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return { options, operands: [...operands, ...rest] };
    const read = readOption(word, names);
    if (read === null && spec.stopAtOperand === true) return { options, operands: [word, ...rest] };
    if (read === null) operands.push(word);
    else
      options.push(
        ...read.map(({ name, value }) => ({ name, value: value === undefined ? (rest.shift() ?? null) : value })),
      );
  }
  return { options, operands };
}

function isOption(word: string): boolean {
  return word.length > 1 && (word.startsWith('-') || /^\+[a-zA-Z]$/.test(word));
}

/** `value` undefined: it is the next word. */
type OpenOption = { name: string; value: string | null | undefined };

interface Names {
  values: ReadonlySet<string>;
  attached: ReadonlySet<string>;
}

/** The options a word holds. Null when it is none. */
function readOption(written: string, { values, attached }: Names): OpenOption[] | null {
  const word = withoutUnknown(written);
  if (!isOption(word)) return null;
  const name = word.replace(/^-+/, '').replace(/=.*$/s, '');
  if (word.startsWith('--') || (name.length > 1 && values.has(name))) return [longOption(word, name, values)];
  return readCluster(word, { values, attached });
}

/** `-xvf name`: letters, of which the first that takes a value has the rest for it. */
function readCluster(word: string, { values, attached }: Names): OpenOption[] {
  const options: OpenOption[] = [];
  for (let place = 1; place < word.length; place += 1) {
    const letter = word[place] ?? '';
    const rest = word.slice(place + 1);
    if (attached.has(letter)) return [...options, { name: letter, value: rest }];
    if (values.has(letter)) return [...options, { name: letter, value: rest === '' ? undefined : rest }];
    options.push({ name: letter, value: null });
  }
  return options;
}

function longOption(word: string, name: string, values: ReadonlySet<string>): OpenOption {
  const equals = word.indexOf('=');
  if (equals >= 0) return { name, value: word.slice(equals + 1) };
  return { name, value: values.has(name) ? undefined : null };
}

/**
 * True when one of the options is there. Long ones may be shortened, as most programs take `--forc` for `--force`;
 * two letters are asked for, so that a short option is not taken for a long one.
 */
export function hasOption({ options }: ReadArguments, ...names: string[]): boolean {
  return options.some(({ name }) =>
    names.some((wanted) => wanted === name || (wanted.length > 1 && name.length > 1 && wanted.startsWith(name))),
  );
}

/** The values of the options of these names, in order. */
export function optionValues({ options }: ReadArguments, ...names: string[]): string[] {
  return options.flatMap(({ name, value }) => (names.includes(name) && value !== null ? [value] : []));
}
