/** Keeps the last `capBytes` bytes of a text of any length, in bounded memory. */
export class TailText {
  private pieces: Buffer[] = [];
  private keptBytes = 0;
  private totalBytes = 0;

  constructor(private readonly capBytes: number) {}

  add(text: string | Buffer): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (bytes.length === 0) return;
    this.pieces.push(bytes);
    this.keptBytes += bytes.length;
    this.totalBytes += bytes.length;
    // Not at every piece: many small ones would be copied again and again.
    if (this.keptBytes > 2 * this.capBytes + 65_536 || this.pieces.length > 4_096) this.bytes();
  }

  get truncated(): boolean {
    return this.totalBytes > this.capBytes;
  }

  /** What is kept, which may begin inside a character. */
  bytes(): Buffer {
    const all = Buffer.concat(this.pieces);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.capBytes)));
    this.pieces = [kept];
    this.keptBytes = kept.length;
    return kept;
  }

  toString(): string {
    return (this.truncated ? withoutBrokenStart(this.bytes()) : this.bytes()).toString();
  }
}

export const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;

/** The cut may fall inside a character: its bytes go too. */
export function withoutBrokenStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && isContinuation(bytes[start])) start++;
  return bytes.subarray(start);
}
