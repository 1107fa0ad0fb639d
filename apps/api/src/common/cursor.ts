import { DomainError } from '@fermata/contracts';

const version = 'c1:';

/** Wraps the key of a row, or a place in the event log, so that nobody takes it for an id or a number. */
export function encodeCursor(key: string): string {
  return Buffer.from(`${version}${key}`).toString('base64url');
}

/** @throws DomainError `invalid_input` for anything `encodeCursor` did not make */
export function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(version) && encodeCursor(text.slice(version.length)) === cursor)
    return text.slice(version.length);
  throw new DomainError(
    'invalid_input',
    'the cursor is none that this API gave out; leave it away to begin at the start',
  );
}

/**
 * A place in the event log.
 * @throws DomainError `invalid_input` for a cursor of some other list
 */
export function decodeEventCursor(cursor: string): bigint {
  const key = decodeCursor(cursor);
  if (/^\d{1,18}$/.test(key)) return BigInt(key);
  throw new DomainError('invalid_input', 'the cursor belongs to another list; give one that came with an event');
}
