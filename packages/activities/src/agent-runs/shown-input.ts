import { firstWords } from '@fermata/contracts/redaction';
import type { Json } from '@fermata/contracts';

/** Characters of an argument that a question shows. */
const shownCharacters = 4_000;

/** The arguments of a call as a question shows them: long texts cut, saying how long they are. */
export function shownInput(input: Json): Json {
  if (typeof input === 'string' && input.length > shownCharacters)
    return `${firstWords(input, shownCharacters)}… (${input.length} characters in all)`;
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, shownInput(value)]));
}
