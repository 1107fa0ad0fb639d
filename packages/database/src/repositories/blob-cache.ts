/** Texts by key, as many as fit; the one that was used longest ago goes first. What is kept under a key never changes. */
export class BlobCache {
  private readonly texts = new Map<string, string>();
  private characters = 0;

  constructor(private readonly maxCharacters: number) {}

  get(key: string): string | undefined {
    const text = this.texts.get(key);
    if (text === undefined) return undefined;
    // A map keeps the order of insertion: what was used last goes to its end.
    this.texts.delete(key);
    this.texts.set(key, text);
    return text;
  }

  keep(key: string, text: string): void {
    if (text.length > this.maxCharacters || this.get(key) !== undefined) return;
    this.texts.set(key, text);
    this.characters += text.length;
    for (const [oldest, { length }] of this.texts) {
      if (this.characters <= this.maxCharacters) return;
      this.texts.delete(oldest);
      this.characters -= length;
    }
  }
}
