const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The whole groups of six bits of `bytes`, from the bit `from` on: what follows does not change them. */
function sextets(bytes: Uint8Array, from: number): string {
  let text = '';
  for (let bit = from; bit + 6 <= bytes.length * 8; bit += 6) {
    const first = bytes[bit >> 3] ?? 0;
    const second = bytes[(bit >> 3) + 1] ?? 0;
    text += alphabet.charAt((((first << 8) | second) >> (10 - (bit & 7))) & 63);
  }
  return text;
}

/** How a text looks within a longer one that was encoded as base64: at each of the three places where it may begin there. */
export function base64Parts(bytes: Uint8Array): string[] {
  // A byte before it moves it by two bits: its first sextet then begins at bit 4 of its own, and so on.
  return [0, 4, 2].map((from) => sextets(bytes, from));
}
