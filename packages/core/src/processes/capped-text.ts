/** Keeps the first and the last half of `capBytes` bytes of a text of any length, in bounded memory. */
export class CappedText {
  private readonly headCap: number;
  private readonly tailCap: number;
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private totalBytes = 0;

  constructor(capBytes: number) {
    this.headCap = Math.ceil(capBytes / 2);
    this.tailCap = Math.floor(capBytes / 2);
  }

  add(text: string): void {
    const bytes = Buffer.from(text);
    const room = this.headCap - this.headBytes;
    const first = bytes.subarray(0, room);
    if (first.length > 0) this.head.push(first);
    this.headBytes += first.length;
    this.totalBytes += bytes.length;
    this.addToTail(bytes.subarray(first.length));
  }

  get truncated(): boolean {
    return this.totalBytes > this.headCap + this.tailCap;
  }

  toString(): string {
    this.compactTail();
    const head = Buffer.concat(this.head);
    const tail = Buffer.concat(this.tail);
    if (!this.truncated) return Buffer.concat([head, tail]).toString();
    const kept = [withoutBrokenEnd(head), withoutBrokenStart(tail)] as const;
    const cut = this.totalBytes - kept[0].length - kept[1].length;
    return `${kept[0].toString()}\n[... ${cut} bytes cut ...]\n${kept[1].toString()}`;
  }

  private addToTail(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.tail.push(bytes);
    this.tailBytes += bytes.length;
    // Not at every chunk: many small ones would be copied again and again.
    if (this.tailBytes > 2 * this.tailCap + 65_536 || this.tail.length > 4_096) this.compactTail();
  }

  private compactTail(): void {
    const all = Buffer.concat(this.tail);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.tailCap)));
    this.tail = [kept];
    this.tailBytes = kept.length;
  }
}

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;

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

function withoutBrokenStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && isContinuation(bytes[start])) start++;
  return bytes.subarray(start);
}
