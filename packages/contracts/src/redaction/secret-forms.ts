import { shortestSecretPart } from './shortest-part.js';
import { base64Parts } from './base64.js';

/** A value that must not be written down, and what it is called instead. */
export interface KnownSecret {
  name: string;
  value: string;
}

/**
 * What is a secret by itself in a value of several lines: tools show one line at a time, with a number before it. Not what many
 * files have, such as the first line of a certificate, a word of a language or the address of a service.
 */
const secretByItself = /^(?=.*[A-Za-z])(?=.*\d)(?!.*:\/\/[^@]*$).{16,}$/;

/** What a secret looks like, as it is and as the usual encodings have it. Of a short one only as it is. */
export function formsOf(value: string): string[] {
  if (value.length < shortestSecretPart) return [value];
  const forms = [
    value,
    value.trim(),
    ...partsOf(value).filter((part) => secretByItself.test(part)),
    JSON.stringify(value).slice(1, -1),
    ...urlForms(value),
    ...base64Parts(utf8(value)).flatMap((part) => [part, part.replaceAll('+', '-').replaceAll('/', '_')]),
  ];
  return [...new Set(forms)].filter((form) => form.length >= shortestSecretPart);
}

/** The lines of a value that has several, and the words in them. `NAME=value` and `name:value` are two. */
function partsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length === 1) return [];
  const words = value.split(/[\s"'`,;]+/);
  return [...lines, ...words.flatMap((word) => word.split(/[=:](?<=^[\w.-]+[=:])(?!\/\/|$)/))];
}

function urlForms(value: string): string[] {
  const encoded = percentEncoded(value);
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [encoded, lower, encoded.replaceAll('%20', '+')];
}

/** As `encodeURIComponent`, which refuses half of a surrogate pair. */
function percentEncoded(value: string): string {
  return encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function utf8(value: string): Uint8Array {
  const bytes = percentEncoded(value).match(/%[0-9A-F]{2}|[^%]/g) ?? [];
  return Uint8Array.from(bytes, (byte) => (byte.length === 3 ? parseInt(byte.slice(1), 16) : byte.charCodeAt(0)));
}
