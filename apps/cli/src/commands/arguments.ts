import { InvalidArgumentError } from 'commander';
import { type MicroUsd, parseUsd } from '@fermata/contracts';

/** Reads an option that must be one of a few words. */
export function oneOf<T extends string>(words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`);
    return word;
  };
}

/** Reads a whole number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

export function portNumber(text: string): number {
  const value = positiveNumber(text);
  if (value <= 65_535) return value;
  throw new InvalidArgumentError('A port is at most 65535.');
}

/** Reads an amount of dollars. */
export function dollars(text: string): MicroUsd {
  const micros = parseUsd(text);
  if (micros !== null && micros > 0) return micros;
  throw new InvalidArgumentError('It must be an amount of dollars above 0, like 5 or 0.50.');
}

/** Collects an option that may be given more than once. */
export function collect<T>(read: (text: string) => T): (text: string, before: readonly T[] | undefined) => T[] {
  return (text, before) => [...(before ?? []), read(text)];
}
