/** A text as a shell takes it for one word, and leaves it as it is. */
export function shellWord(text: string): string {
  return /^[\w./+@%:,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
