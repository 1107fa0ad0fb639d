import { wholeWordsFromStart, wholeWordsToEnd } from '@fermata/contracts/redaction';
import { isContinuation, TailText, withoutBrokenStart } from './tail-text.js';

/** Keeps the first and the last half of `capBytes` bytes of a text of any length, in bounded memory. */
export class CappedText {
  private readonly headCap: number;
  private readonly tailCap: number;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private readonly tail: TailText;
  private totalBytes = 0;

  constructor(capBytes: number) {
    this.headCap = Math.ceil(capBytes / 2);
    this.tailCap = Math.floor(capBytes / 2);
    this.tail = new TailText(this.tailCap);
  }

  add(text: string): void {
    const bytes = Buffer.from(text);
    const room = this.headCap - this.headBytes;
    const first = bytes.subarray(0, room);
    if (first.length > 0) this.head.push(first);
    this.headBytes += first.length;
    this.totalBytes += bytes.length;
    this.tail.add(bytes.subarray(first.length));
  }

  get truncated(): boolean {
    return this.totalBytes > this.headCap + this.tailCap;
  }

  toString(): string {
    const head = Buffer.concat(this.head);
    const tail = this.tail.bytes();
    if (!this.truncated) return Buffer.concat([head, tail]).toString();
    const first = wholeWordsToEnd(withoutBrokenEnd(head).toString());
    const last = wholeWordsFromStart(withoutBrokenStart(tail).toString());
    const cut = this.totalBytes - Buffer.byteLength(first) - Buffer.byteLength(last);
    return `${first}\n[... ${cut} bytes cut ...]\n${last}`;
  }
}

/** Bytes a UTF-8 character has, told by its first byte. */
function characterLength(lead: number): number {
  if (lead >= 0b1111_0000) return 4;
  if (lead >= 0b1110_0000) return 3;
  return lead >= 0b1100_0000 ? 2 : 1;
}

/** The cut may fall inside a character: its bytes go too. */
function withoutBrokenEnd(bytes: Buffer): Buffer {
  let start = bytes.length - 1;
  while (start > 0 && isContinuation(bytes[start])) start--;
  const lead = bytes[start];
  return lead !== undefined && start + characterLength(lead) > bytes.length ? bytes.subarray(0, start) : bytes;
}
