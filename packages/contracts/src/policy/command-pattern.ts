/**
 * One word of a pattern: `gap` stands for any number of words; otherwise the texts between its stars, each of which stands
 * for any characters: `test:*` is `['test:', '']`.
 */
export type PatternWord = 'gap' | readonly string[];

export interface CommandPattern {
  program: readonly string[];
  words: readonly PatternWord[];
}

/**
 * Reads a pattern over the words of a command: `git push *`, `make test-*`, `docker ** --privileged **`.
 * Words are separated by spaces and quoted as in a shell. `*` within a word stands for any characters of that word; alone
 * it stands for one word, and as the last for any number of words; `**` alone stands for any number of words anywhere.
 * Nothing in quotes is a star.
 * @returns null when it names no program or leaves a quote open
 */
export function parseCommandPattern(pattern: string): CommandPattern | null {
  const words = splitWords(pattern.trim());
  const [program, ...rest] = words ?? [];
  if (program === undefined || program.join('*') === '') return null;
  return { program, words: rest.map((word, index) => asGap(word, index === rest.length - 1)) };
}

function splitWords(pattern: string): string[][] | null {
  const words: string[][] = [];
  let rest = pattern;
  while (rest !== '') {
    const [word] = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/s.exec(rest) ?? [];
    if (word === undefined) return null;
    words.push(partsOf(word));
    rest = rest.slice(word.length).trimStart();
  }
  return words;
}

function partsOf(word: string): string[] {
  const parts = [''];
  for (const [piece] of word.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|./gs)) {
    if (piece === '*') parts.push('');
    else parts[parts.length - 1] += unquoted(piece);
  }
  return parts;
}

function unquoted(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  return (piece.startsWith('"') ? piece.slice(1, -1) : piece).replace(/\\(.)/gs, '$1');
}

function asGap(word: readonly string[], isLast: boolean): PatternWord {
  const stars = word.every((part) => part === '') ? word.length - 1 : 0;
  return stars === 2 || (stars === 1 && isLast) ? 'gap' : word;
}
