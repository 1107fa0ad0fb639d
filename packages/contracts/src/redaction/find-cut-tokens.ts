import type { Span } from './span.js';
import { findBegunToken } from './token-shapes.js';

/** What our own tools put where they leave something out. */
const cutNotice = /\[(?:\.\.\. )?\d+ (?:more )?(?:bytes|characters)[^\]\n]{0,200}\]\s?|… \(\d+ characters in all\)/g;

/** A shorter text that does not say that it was cut is taken for whole. */
const shortestCut = 256;

/** How much at the end of a text a begun token is looked for in: the longest that is found has some 300 characters. */
const endCharacters = 400;

/**
 * Finds tokens of a known shape that end too early: at the end of a text, and where it says that it was cut. Parts of secrets that are
 * known are not looked for, or the answer would tell whoever writes a part whether it is right: what cuts a text leaves no part of a word.
 */
export function findCutTokens(text: string): Span[] {
  const notices = text.includes('[') || text.includes('…') ? [...text.matchAll(cutNotice)] : [];
  const ends = [
    ...notices.map(({ index }) => beforeSpace(text, index)),
    ...(text.length < shortestCut ? [] : [text.length]),
  ];
  return ends.flatMap((end) => {
    const from = Math.max(0, end - endCharacters);
    return findBegunToken(text.slice(from, end)).map((span) => ({ ...span, start: span.start + from, end }));
  });
}

const beforeSpace = (text: string, at: number): number => (/\s/.test(text.charAt(at - 1)) ? at - 1 : at);
