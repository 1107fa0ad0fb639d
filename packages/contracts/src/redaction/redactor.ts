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

const mostRounds = 4;

/** @param known besides what looks like a token; a value without any text is left out */
export function createRedactor(known: readonly KnownSecret[] = []): Redactor {
  const secrets = known.filter(({ value }) => value.trim() !== '');
  const isShort = ({ value }: KnownSecret): boolean => value.trim().length < shortestSecretPart;
  const literals = secrets.filter((secret) => !isShort(secret)).flatMap(literalsOf);
  const findLiterals = createLiteralFinder(literals);
  const findWords = createWordFinder(secrets.filter(isShort).map(({ name, value }) => ({ name, value: value.trim() })));

  const names = new Set([...secrets.map(({ name }) => name), ...tokenNames]);

  const findKnown = (text: string): Span[] =>
    literals.length === 0 ? findWords(text) : [...findWrapped(text, findLiterals), ...findWords(text)];
  const findAll = (text: string): Span[] => [...findKnown(text), ...findTokens(text), ...findCutTokens(text)];
  const redactText = (text: string): string =>
    untilNothingIsLeft(text, (left) => withMarks(left, findAll(left), names));
  const redactKnown = (text: string): string =>
    untilNothingIsLeft(text, (left) => withMarks(left, findKnown(left), names));
  const isKnown = (text: string): boolean => findLiterals(text).length > 0;

  return {
    text: redactText,
    value: (value) => redactValue(value, { redactText, isKnown }) as typeof value,
    known: (value) => redactValue(value, { redactText: redactKnown, isKnown }) as typeof value,
  };
}

/** Right behind a secret a token is not told from the middle of a word: only when the mark stands there it is. */
function untilNothingIsLeft(text: string, redact: (text: string) => string): string {
  let left = text;
  for (let round = 0; round < mostRounds; round += 1) {
    const redacted = redact(left);
    if (redacted === left) break;
    left = redacted;
  }
  return left;
}

/** @param names what our marks say */
function withMarks(text: string, spans: readonly Span[], names: ReadonlySet<string>): string {
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
const ourWords = /^(?:[a-z]+(?:[_./-][a-z]+)*|[a-z]+_[0-9a-z]{26})$/;
const ourDigests = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

interface Redacting {
  redactText: (text: string) => string;
  /** Whether a secret of eight characters or more is in it. */
  isKnown: (text: string) => boolean;
}

/** The same value, also by identity, where there is nothing to take out. */
function redactValue(value: unknown, redacting: Redacting): unknown {
  if (typeof value === 'string') return redacting.redactText(value);
  if (Array.isArray(value)) {
    const redacted = value.map((member) => redactValue(member, redacting));
    return redacted.some((member, at) => member !== value[at]) ? redacted : value;
  }
  if (!isPlainObject(value)) return value;
  const before = Object.entries(value);
  const after = before.map(([name, member]): [string, unknown] =>
    isOurs(name, member, redacting) ? [name, member] : [redacting.redactText(name), redactValue(member, redacting)],
  );
  const isSame = after.every(([name, member], at) => name === before[at]?.[0] && member === before[at]?.[1]);
  return isSame ? value : Object.fromEntries(withNamesApart(after));
}

/** Of two members whose names became the same mark neither is lost. */
function withNamesApart(members: readonly [string, unknown][]): [string, unknown][] {
  const taken = new Map<string, number>();
  return members.map(([name, member]) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return [count === 1 ? name : `${name} ${count}`, member];
  });
}

function isOurs(name: string, member: unknown, { isKnown }: Redacting): boolean {
  if (name === 'callId') return true;
  if (typeof member !== 'string' || !ourMembers.test(name)) return false;
  return ourWords.test(member) || (ourDigests.test(member) && !isKnown(member));
}
