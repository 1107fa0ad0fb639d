/**
 * Whoever cuts a text cuts it between words: a part of a secret is no longer known for one, and to look for parts would tell
 * letter by letter whether a guess is right. A word ends at white space, at quotes and at letters of a writing without capitals,
 * such as Japanese, which has no spaces; one that is longer than any key of a provider is cut where it must be.
 */
const wordAtEnd = /[^\s"'`\p{Lo}]+$/u;
const wordAtStart = /^[^\s"'`\p{Lo}]+/u;
const longestWord = 512;

/** The beginning of a text, `most` characters of it at most. */
export function firstWords(text: string, most: number): string {
  return text.length <= most ? text : wholeWordsToEnd(text.slice(0, most));
}

/** The end of a text, `most` characters of it at most. */
export function lastWords(text: string, most: number): string {
  return text.length <= most ? text : wholeWordsFromStart(text.slice(text.length - most));
}

/** The text without the word that a cut at its end may have gone through. */
export function wholeWordsToEnd(text: string): string {
  // Looked for near the end alone: from anywhere else a long text would be gone through for each of its words.
  const near = text.slice(-longestWord - 1);
  const word = wordAtEnd.exec(near)?.[0].length ?? 0;
  return word > longestWord ? text : text.slice(0, text.length - word);
}

/** The text without the word that a cut at its start may have gone through. */
export function wholeWordsFromStart(text: string): string {
  const word = wordAtStart.exec(text.slice(0, longestWord + 1))?.[0].length ?? 0;
  return word > longestWord ? text : text.slice(word);
}
