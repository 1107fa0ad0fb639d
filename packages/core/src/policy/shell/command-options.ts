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
  const values = new Set(spec.values?.split(' '));
  const attached = new Set(spec.attached?.split(' '));
  const options: ReadOption[] = [];
  const operands: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    // A variable that is not set leaves nothing: `$x-rf` may be an option.
    const word = (args[index] ?? '').replace(/^[\uE000\uE002]+(?=-)/, '');
    if (word === '--') return { options, operands: [...operands, ...args.slice(index + 1)] };
    if (!isOption(word)) {
      if (spec.stopAtOperand === true) return { options, operands: args.slice(index) };
      operands.push(word);
      continue;
    }
    for (const { name, value } of readOption(word, values, attached)) {
      if (value === undefined) index += 1;
      options.push({ name, value: value === undefined ? (args[index] ?? null) : value });
    }
  }
  return { options, operands };
}

function isOption(word: string): boolean {
  return word.length > 1 && (word.startsWith('-') || /^\+[a-zA-Z]$/.test(word));
}

/** `value` undefined: it is the next word. */
type OpenOption = { name: string; value: string | null | undefined };

function readOption(word: string, values: ReadonlySet<string>, attached: ReadonlySet<string>): OpenOption[] {
  const name = word.replace(/^-+/, '').replace(/=.*$/s, '');
  if (word.startsWith('--') || (name.length > 1 && values.has(name))) return [longOption(word, name, values)];
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
