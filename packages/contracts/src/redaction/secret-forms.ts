import { shortestSecretPart } from './shortest-part.js';
import { base64Parts } from './base64.js';

/** A value that must not be written down, and what it is called instead. */
export interface KnownSecret {
  name: string;
  value: string;
}

const shortestByItself = 16;

/** What a secret looks like, as it is and as the usual encodings have it. */
export function formsOf(value: string): string[] {
  const forms = [
    value,
    value.trim(),
    ...partsOf(value).filter(isSecretByItself),
    ...jsonForms(value),
    ...urlForms(value),
    ...base64Parts(utf8(value)).flatMap((part) => [part, part.replaceAll('+', '-').replaceAll('/', '_')]),
  ];
  return [...new Set(forms)].filter((form) => form.length >= shortestSecretPart);
}

/** The lines of a value that has several, and the words in them. `NAME=value` and `name:value` are two. */
function partsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length === 1) return [];
  const words = value.split(/[\s"'`,;|&?<>(){}[\]]+/);
  return [...lines, ...words.flatMap((word) => word.split(/[=:](?<=^[\w.-]+[=:])(?!\/\/|$)/))];
}

/**
 * Whether one of several lines, or a word of it, is a secret by itself: tools show one line at a time, with a number before it.
 * Not what many files have, such as the first line of a certificate, a word of a language or the address of a service.
 */
function isSecretByItself(part: string): boolean {
  if (part.length < shortestByItself || !/[A-Za-z]/.test(part) || !/\d/.test(part)) return false;
  const address = part.indexOf('://');
  if (address < 0 || part.includes('@', address)) return true;
  const runs = part.slice(address).match(/[\w-]{16,}/g) ?? [];
  return runs.some((run) => /\d/.test(run));
}

/** As most write it, and as Go writes it for pages, PHP with its slashes and Python in ASCII. */
function jsonForms(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return [
    plain,
    plain.replace(/[<>&]/g, escape),
    plain.replaceAll('/', '\\/'),
    plain.replace(/[^\u0020-\u007e]/g, escape),
  ];
}

function urlForms(value: string): string[] {
  const encoded = percentEncoded(value);
  const strict = encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const lower = strict.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [encoded, strict, lower, encoded.replaceAll('%20', '+')];
}

/** As `encodeURIComponent`, which refuses half of a surrogate pair. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function utf8(value: string): Uint8Array {
  const bytes = percentEncoded(value).match(/%[0-9A-F]{2}|[^%]/g) ?? [];
  return Uint8Array.from(bytes, (byte) => (byte.length === 3 ? parseInt(byte.slice(1), 16) : byte.charCodeAt(0)));
}
