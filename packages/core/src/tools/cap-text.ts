import { toUSVString } from 'node:util';
import { wholeWordsFromStart, wholeWordsToEnd } from '@fermata/contracts/redaction';

/**
 * Keeps a text within a number of bytes of UTF-8: its head and its tail stay, the middle is replaced by a line that says
 * how much is gone. Also makes it storable: a database text can hold neither NUL nor half of a surrogate pair.
 */
export function capText(text: string, capBytes: number): { text: string; truncated: boolean } {
  const clean = toUSVString(text).replaceAll('\0', '\uFFFD');
  const bytes = Buffer.from(clean);
  if (bytes.length <= capBytes) return { text: clean, truncated: false };
  const room = Math.max(0, capBytes - 80);
  const head = wholeWordsToEnd(wholeCharacters(bytes.subarray(0, Math.ceil(room / 2))));
  const tail = wholeWordsFromStart(wholeCharacters(bytes.subarray(bytes.length - Math.floor(room / 2))));
  const gone = bytes.length - Buffer.byteLength(head) - Buffer.byteLength(tail);
  return { text: `${head}\n[... ${gone} bytes left out here ...]\n${tail}`, truncated: true };
}

/** The text without the characters that were cut in two at its ends. */
const wholeCharacters = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/g, '');
