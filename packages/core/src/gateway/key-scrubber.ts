const star = '*'.charCodeAt(0);

/**
 * Takes a key out of bytes that come in pieces. Lengths stay, so a promised `content-length` holds. Bytes are held back
 * only when they may be the beginning of the key, which in practice is never.
 */
export class KeyScrubber {
  readonly #key: Buffer;
  #heldBack: Buffer = Buffer.alloc(0);

  constructor(apiKey: string) {
    this.#key = Buffer.from(apiKey);
  }

  /** The bytes that can go on. */
  take(piece: Buffer): Buffer {
    const bytes = this.#heldBack.length === 0 ? piece : Buffer.concat([this.#heldBack, piece]);
    const clean = this.#scrub(bytes);
    const ends = clean.length - this.#openingAtEnd(clean);
    this.#heldBack = clean.subarray(ends);
    return clean.subarray(0, ends);
  }

  /** What was held back, when nothing follows. */
  rest(): Buffer {
    return this.#heldBack;
  }

  #scrub(bytes: Buffer): Buffer {
    const { length } = this.#key;
    let at = length === 0 ? -1 : bytes.indexOf(this.#key);
    if (at < 0) return bytes;
    const clean = Buffer.from(bytes);
    for (; at >= 0; at = clean.indexOf(this.#key, at + length)) clean.fill(star, at, at + length);
    return clean;
  }

  /** How many bytes at the end are the beginning of the key. */
  #openingAtEnd(bytes: Buffer): number {
    for (let length = Math.min(this.#key.length - 1, bytes.length); length > 0; length -= 1) {
      if (bytes.subarray(bytes.length - length).equals(this.#key.subarray(0, length))) return length;
    }
    return 0;
  }
}
