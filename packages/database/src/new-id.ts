import { randomBytes } from 'node:crypto';
import type { IdPrefix } from '@fermata/contracts';

/** Crockford's base 32: no i, l, o, u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 26;
const randomBits = 80n;

/** Mints ids from a clock (milliseconds). Each is greater than the one before, even within one millisecond. */
export function createIdMint(now: () => number): <P extends IdPrefix>(prefix: P) => `${P}_${string}` {
  let last = 0n;
  return (prefix) => {
    const fresh = (BigInt(now()) << randomBits) | BigInt(`0x${randomBytes(10).toString('hex')}`);
    // The clock stands still within a millisecond and may step back: then the next number is taken.
    last = fresh >> randomBits > last >> randomBits ? fresh : last + 1n;
    return `${prefix}_${encode(last)}`;
  };
}

/** A new id of 48 bits of time and 80 random bits, sortable by the time it was minted. */
export const newId = createIdMint(Date.now);

/** When an id of ours was minted, to the millisecond. */
export function mintedAt(id: string): Date {
  const digits = [...id.slice(id.indexOf('_') + 1)];
  const value = digits.reduce((sum, digit) => (sum << 5n) | BigInt(alphabet.indexOf(digit)), 0n);
  return new Date(Number(value >> randomBits));
}

function encode(value: bigint): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = alphabet.charAt(Number(rest & 31n)) + text;
  return text;
}
