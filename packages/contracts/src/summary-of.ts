/** Temporal takes 400 bytes; a character has at most four. */
const summaryCharacters = 100;

/** A text as the summary of something in Temporal: one line, and short enough for it. */
export function summaryOf(text: string): string {
  const characters = [...text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()];
  if (characters.length <= summaryCharacters) return characters.join('');
  return `${characters.slice(0, summaryCharacters - 1).join('')}…`;
}
