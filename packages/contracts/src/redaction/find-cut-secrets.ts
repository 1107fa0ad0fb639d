import { shortestSecretPart } from './shortest-part.js';
import type { KnownSecret } from './secret-forms.js';
import type { Span } from './span.js';
import { findBegunToken } from './token-shapes.js';

/** What our own tools put where they leave something out. */
const cutNotice = /\[(?:\.\.\. )?\d+ (?:more )?(?:bytes|characters)[^\]\n]{0,200}\]\s?|… \(\d+ characters in all\)/g;

/** Nothing shorter is ever cut at its ends without saying so: there the end of a secret, such as `workspace`, is a word of ours. */
const shortestCut = 256;

/** How much at the end of a text a begun token is looked for in: the longest that is found has some 300 characters. */
const endCharacters = 400;

/** Finds what is left of secrets that a cut has gone through: at the ends of a text, and where it says that it was cut. */
export function createCutFinder(secrets: readonly KnownSecret[]): (text: string) => Span[] {
  const longer = secrets.filter(({ value }) => value.length > shortestSecretPart);
  return (text) => {
    const notices = text.includes('[') || text.includes('…') ? [...text.matchAll(cutNotice)] : [];
    const isWhole = text.length < shortestCut;
    const ends = [...notices.map(({ index }) => beforeSpace(text, index)), ...(isWhole ? [] : [text.length])];
    const starts = [...(isWhole ? [] : [0]), ...notices.map(({ 0: notice, index }) => index + notice.length)];
    return [
      ...ends.flatMap((end) => longer.flatMap((secret) => endingAt(text, end, secret))),
      ...ends.flatMap((end) => begunTokenAt(text, end)),
      ...starts.flatMap((start) => longer.flatMap((secret) => beginningAt(text, start, secret))),
    ];
  };
}

const beforeSpace = (text: string, at: number): number => (/\s/.test(text.charAt(at - 1)) ? at - 1 : at);

function begunTokenAt(text: string, end: number): Span[] {
  const from = Math.max(0, end - endCharacters);
  return findBegunToken(text.slice(from, end)).map((span) => ({ ...span, start: span.start + from, end }));
}

/** How much of a value is enough to be kept from being told: a part of eight characters, or the greater one of a short value. */
const leastPart = (value: string): number => Math.min(shortestSecretPart, Math.ceil(value.length / 2));

function endingAt(text: string, end: number, { name, value }: KnownSecret): Span[] {
  for (let length = Math.min(value.length - 1, end); length >= leastPart(value); length--) {
    const start = end - length;
    if (text.charCodeAt(start) === value.charCodeAt(0) && text.startsWith(value.slice(0, length), start))
      return [{ start, end, name }];
  }
  return [];
}

function beginningAt(text: string, start: number, { name, value }: KnownSecret): Span[] {
  for (let from = 1; from <= value.length - leastPart(value); from++) {
    if (text.charCodeAt(start) === value.charCodeAt(from) && text.startsWith(value.slice(from), start))
      return [{ start, end: start + value.length - from, name }];
  }
  return [];
}
