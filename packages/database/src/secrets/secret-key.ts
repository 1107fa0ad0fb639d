import { DomainError } from '@fermata/contracts';

/** A key that secrets are encrypted with, under the id that rows name it by. */
export interface SecretKey {
  id: string;
  /** 32 bytes. */
  bytes: Buffer;
}

/** At least one key; the first encrypts, all decrypt. */
export type SecretKeys = readonly [SecretKey, ...SecretKey[]];

/** A key as it is given: text that nobody has looked at yet. */
export interface GivenKey {
  id: string;
  key: string;
}

export const keyBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,32}$/;
const base64Pattern = /^[A-Za-z0-9+/]{43}=?$/;

/**
 * Keys as they were given, checked. What is wrong is said by the place of a key in the list: neither a key nor its id is
 * repeated, for a key that was typed into the wrong place would be printed.
 * @param setting what to name in the error
 * @throws DomainError `invalid_input`
 */
export function checkKeys(given: readonly GivenKey[], setting: string): SecretKeys {
  const problems = given.flatMap(({ id, key }, at) => problemsOf(id, key).map((what) => `key ${at + 1} ${what}`));
  if (new Set(given.map(({ id }) => id)).size < given.length) problems.push('two keys have the same id');
  const [first, ...others] = given.map(({ id, key }) => ({ id, bytes: Buffer.from(key, 'base64') }));
  if (first === undefined) problems.push('there is no key in it');
  if (first !== undefined && problems.length === 0) return [first, ...others];
  throw new DomainError('invalid_input', `${setting} cannot be used: ${problems.join('; ')}.`, { setting, problems });
}

function problemsOf(id: string, key: string): string[] {
  return [
    ...(idPattern.test(id) ? [] : ['has no id of at most 32 letters, digits, "-" and "_"']),
    ...(base64Pattern.test(key) ? [] : [`is not ${keyBytes} bytes in base64`]),
  ];
}

/** `id:base64[,id:base64…]`. */
export function parseKeyList(text: string): GivenKey[] {
  return text.split(',').map((entry) => {
    const [id = '', ...key] = entry.trim().split(':');
    return { id, key: key.join(':') };
  });
}
