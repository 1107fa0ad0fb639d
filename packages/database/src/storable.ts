import { DomainError, isPlainObject } from '@fermata/contracts';
import type { Redactor } from '@fermata/contracts/redaction';

let installed: Redactor | null = null;

/**
 * From now on nothing is stored by this process, in any column or text, that `redactor` takes out; null ends that. For a
 * process that handles what agents read and say.
 */
export function installRedactor(redactor: Redactor | null): void {
  installed = redactor;
}

/** As it would be stored. For what is written down elsewhere, such as in the history of a workflow. */
export function redacted(text: string): string {
  return installed?.text(text) ?? text;
}

/**
 * A JSON text as it would be stored, as its strings are and as it is itself. It stays one: where a secret is no part of a single
 * string in it, such as a number, the strings alone are redacted.
 */
export function redactedJson(text: string): string {
  return asJson(text, redactedValue);
}

function asJson(text: string, redact: <T>(value: T) => T): string {
  const read = readJson(text);
  if (read === null) return redact(text);
  const value = redactMembers(read.value, redact);
  const ofStrings = value === read.value ? text : JSON.stringify(value);
  const whole = redact(ofStrings);
  if (whole === ofStrings) return whole;
  const again = readJson(whole);
  return again !== null && isAlike(again.value, value) ? whole : ofStrings;
}

function redactMembers(value: unknown, redact: <T>(value: T) => T): unknown {
  try {
    return redact(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DomainError('invalid_input', 'The JSON is nested too deeply for its secrets to be looked for.');
  }
}

/** What a secret runs through from one member to the next is more than a secret. */
function isAlike(one: unknown, other: unknown): boolean {
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((member, at) => isAlike(member, other[at]));
  }
  if (!isPlainObject(one) || !isPlainObject(other)) return typeof one === typeof other;
  const [members, others] = [Object.values(one), Object.values(other)];
  return members.length === others.length && members.every((member, at) => isAlike(member, others[at]));
}

/** Null for what is no JSON text. */
function readJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** The same value with every text in it as it would be stored. */
export function redactedValue<T>(value: T): T {
  return installed === null ? value : installed.value(value);
}

/** As `redactedValue`, with the secrets alone taken out that are known by their values: what looks like a token stays. */
export function withoutKnownSecrets<T>(value: T): T {
  return installed === null ? value : installed.known(value);
}

/** As `redactedJson`, with the secrets alone taken out that are known by their values. */
export function jsonWithoutKnownSecrets(text: string): string {
  return asJson(text, withoutKnownSecrets);
}

const unstorable = /\0|\p{Surrogate}/gu;

/**
 * Postgres text and jsonb hold neither NUL nor half of a surrogate pair, and a model or a truncated output may well
 * contain both. Each becomes U+FFFD, as a decoder would have it. Blobs lose nothing: see `blob-text.ts`.
 */
export function storableText(text: string): string {
  return text.replace(unstorable, '\uFFFD');
}

/** The same value with every string in it storable, and redacted. Dates, buffers and other class instances are left as they are. */
export function storable<T>(value: T): T {
  return clean(redactedValue(value)) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), clean(member)]));
}
