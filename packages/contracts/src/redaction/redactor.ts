import { isPlainObject } from '../plain-object.js';
import { shortestSecretPart } from './shortest-part.js';
import { findCutTokens } from './find-cut-tokens.js';
import { createLiteralFinder, type Literal } from './find-literals.js';
import { createWordFinder } from './find-words.js';
import { findWrapped } from './find-wrapped.js';
import { placesOfMarks, redactionMark } from './redaction-mark.js';
import { formsOf, type KnownSecret } from './secret-forms.js';
import { mergeSpans, type Span } from './span.js';
import { findTokens, tokenNames } from './token-shapes.js';

/** Takes secrets out of what is going to be stored or logged. What it has redacted it leaves as it is. */
export interface Redactor {
  /** The text with `[redacted: NAME]` in place of each known secret, and of what looks like a token of a known kind. */
  text(text: string): string;
  /** The same value with every text in it redacted, also the names of members. */
  value<T>(value: T): T;
  /** As `value`, with known secrets alone taken out: what only looks like a token stays. */
  known<T>(value: T): T;
}

/** @param known besides what looks like a token; a value without any text is left out */
export function createRedactor(known: readonly KnownSecret[] = []): Redactor {
  const secrets = known.filter(({ value }) => value.trim() !== '');
  const isShort = ({ value }: KnownSecret): boolean => value.length < shortestSecretPart;
  const findLiterals = createLiteralFinder(secrets.filter((secret) => !isShort(secret)).flatMap(literalsOf));
  const findWords = createWordFinder(secrets.filter(isShort));

  const names = new Set([...secrets.map(({ name }) => name), ...tokenNames]);

  const findKnown = (text: string): Span[] => [...findWrapped(text, findLiterals), ...findWords(text)];
  const redactText = (text: string): string =>
    withMarks(text, { spans: [...findKnown(text), ...findTokens(text), ...findCutTokens(text)], names });
  const redactKnown = (text: string): string => withMarks(text, { spans: findKnown(text), names });

  return {
    text: redactText,
    value: (value) => redactValue(value, redactText) as typeof value,
    known: (value) => redactValue(value, redactKnown) as typeof value,
  };
}

interface Places {
  spans: readonly Span[];
  /** What our marks say. */
  names: ReadonlySet<string>;
}

function withMarks(text: string, { spans, names }: Places): string {
  if (spans.length === 0) return text;
  let redacted = '';
  let from = 0;
  for (const { start, end, name } of mergeSpans(spans, placesOfMarks(text, names))) {
    redacted += text.slice(from, start) + redactionMark(name);
    from = end;
  }
  return redacted + text.slice(from);
}

function literalsOf({ name, value }: KnownSecret): Literal[] {
  return formsOf(value).map((text) => ({ text, name }));
}

/** Members that hold a word of ours, or an id, where that is what they hold: what is written there is what we branch on. */
const ourMembers =
  /^(?:kind|code|state|type|phase|role|mediaType|stopReason|provider|model|callId|\w*Id|\w*Ids|\w*Digest|digest)$/;
const ourWords = /^(?:[a-z]+(?:[_./-][a-z]+)*|[a-z]+_[0-9a-z]{26}|[0-9a-f]{40}|[0-9a-f]{64})$/;

function redactValue(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((member) => redactValue(member, redactText));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'callId' || (ourMembers.test(name) && typeof member === 'string' && ourWords.test(member)))
        return [name, member];
      return [redactText(name), redactValue(member, redactText)];
    }),
  );
}
