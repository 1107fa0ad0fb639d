import type { Word, WordPart } from 'unbash';
import { parseWord } from './parse-script.js';

const maxAlternatives = 64;

/** Where text inside braces is quoted or substituted, and so holds no commas and braces of its own. */
type Guarded = readonly { pos: number; end: number }[];

/**
 * The words that `a{b,c}` stands for. Null when it stands for too many, or for what the grammar does not take for words.
 * As bash does it, on the text, before anything else in the word is expanded.
 */
export function expandBraces(word: Word): Word[] | null {
  let open: Word[] = [word];
  const done: Word[] = [];
  while (open.length > 0) {
    const [next, ...rest] = open;
    if (next === undefined) break;
    const alternatives = expandFirst(next);
    if (alternatives === 'impossible') return null;
    if (alternatives === 'none') done.push(next);
    open = alternatives === 'none' ? rest : [...alternatives, ...rest];
    if (done.length + open.length > maxAlternatives) return null;
  }
  return done;
}

function expandFirst(word: Word): Word[] | 'none' | 'impossible' {
  const brace = word.parts?.find((part) => part.type === 'BraceExpansion');
  if (brace === undefined) return 'none';
  const before = word.text.slice(0, brace.pos - word.pos);
  const after = word.text.slice(brace.end - word.pos);
  const inside = alternativesOf(brace.text, guardedIn(brace.parts ?? [], brace.pos));
  if (inside === null) return 'impossible';
  const words = inside
    .map((alternative) => before + alternative + after)
    .map((text) => (text === '' ? null : parseWord(text)));
  return words.every((found) => found !== null) ? words : 'impossible';
}

function guardedIn(parts: readonly WordPart[], start: number): Guarded {
  return parts
    .filter(({ type }) => type !== 'Literal' && type !== 'Glob')
    .map(({ pos, end }) => ({ pos: pos - start, end: end - start }));
}

function alternativesOf(text: string, guarded: Guarded): string[] | null {
  const range = /^\{(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(\.\.-?\d+)?\}$/.exec(text);
  return range === null ? splitAlternatives(text, guarded) : rangeOf(range[1] ?? '', range[2] ?? '');
}

function splitAlternatives(text: string, guarded: Guarded): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 1;
  for (let index = 1; index < text.length - 1; index += 1) {
    const skip = guarded.find(({ pos, end }) => index >= pos && index < end);
    if (skip !== undefined) index = skip.end - 1;
    else if (text[index] === '\\') index += 1;
    else {
      depth += depthOf(text[index]);
      if (text[index] !== ',' || depth > 0) continue;
      found.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...found, text.slice(start, -1)];
}

function depthOf(character: string | undefined): number {
  if (character === '{') return 1;
  return character === '}' ? -1 : 0;
}

function rangeOf(first: string, last: string): string[] | null {
  const numeric = /\d/.test(first);
  const [from, to] = numeric ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)];
  const length = Math.abs(to - from) + 1;
  if (!(length <= maxAlternatives)) return null;
  const step = from <= to ? 1 : -1;
  const values = Array.from({ length }, (_, index) => from + index * step);
  return values.map((value) => (numeric ? String(value) : String.fromCharCode(value)));
}
