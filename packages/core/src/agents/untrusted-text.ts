import { createHash } from 'node:crypto';
import { firstWords, lastWords } from '@fermata/contracts/redaction';

/**
 * Wraps text that came from elsewhere (files, output, titles, other agents) so that a model can tell where it ends. The id
 * stands nowhere in the text, so no text can contain its own closing tag; look-alikes inside are defused besides. Pure, so
 * the same text gives the same prompt and the provider's cache holds.
 * @param kind what the text is, in our own words: never anything from outside
 */
export function asData(kind: string, text: string): string {
  return fence({ tag: 'fermata-data', attributes: ` kind="${kind}"`, text });
}

/** Wraps what an agent is asked to do, so that no part of it can pass for a frame of ours or end it early. */
export function asOrder(text: string): string {
  return fence({ tag: 'fermata-order', attributes: '', text });
}

function fence({ tag, attributes, text }: { tag: string; attributes: string; text: string }): string {
  const inside = defuse(text).trim() || '(empty)';
  const id = idOutside(inside, tag + attributes);
  return `<${tag}${attributes} id="${id}">\n${inside}\n</${tag} id="${id}">`;
}

/**
 * Made of nothing in the text but what ids it has in it: it is stored beside what is left of the text without its secrets, and
 * could be used to try guesses.
 */
function idOutside(text: string, seed: string): string {
  const start = createHash('sha256').update(seed).digest('hex').slice(0, 6);
  const found = text.matchAll(new RegExp(`(?=${start}([0-9a-f]{6}))`, 'gi'));
  const taken = new Set([...found].map(({ 1: end = '' }) => end.toLowerCase()));
  let count = 0;
  const end = (): string => count.toString(16).padStart(6, '0');
  while (taken.has(end())) count += 1;
  return start + end();
}

/** Text from outside on one line of ours: no line breaks, no control or direction marks, no look-alike tags. */
export function oneLine(text: string, maxCharacters = 200): string {
  const line = defuse(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
  return line.length <= maxCharacters ? line : `${firstWords(line, maxCharacters)}…`;
}

function defuse(text: string): string {
  return text.replace(/<(?=\s*\/?\s*fermata-)/gi, '&lt;');
}

/** The beginning of a text, saying how much was left out and, in `hint`, where the rest is. */
export function keepStart(text: string, { maxCharacters, hint }: { maxCharacters: number; hint: string }): string {
  if (text.length <= maxCharacters) return text;
  const kept = firstWords(text, maxCharacters);
  return `${kept}\n[${text.length - kept.length} more characters left out; ${hint}]`;
}

/** The end of a text, where commands say what failed. */
export function keepEnd(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const kept = lastWords(text, maxCharacters);
  return `[${text.length - kept.length} characters before this left out]\n${kept}`;
}

/** `1. a`, `2. b`: items of several lines stay readable. */
export function numbered(items: readonly string[]): string {
  return items.map((item, index) => `${index + 1}. ${item.trim()}`).join('\n');
}
