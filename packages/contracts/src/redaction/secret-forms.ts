import { shortestSecretPart } from './shortest-part.js';
import { base64Parts } from './base64.js';

/** A value that must not be written down, and what it is called instead. */
export interface KnownSecret {
  name: string;
  value: string;
}

/** A line of a longer secret, such as a key: tools show one line at a time, with a number before it. */
const shortestLine = 16;

/** What a secret looks like, as it is and as the usual encodings have it. Of a short one only as it is. */
export function formsOf(value: string): string[] {
  if (value.length < shortestSecretPart) return [value];
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const forms = [
    value,
    value.trim(),
    ...(lines.length > 1 ? lines.filter((line) => line.length >= shortestLine) : []),
    JSON.stringify(value).slice(1, -1),
    ...urlForms(value),
    ...base64Parts(utf8(value)).flatMap((part) => [part, part.replaceAll('+', '-').replaceAll('/', '_')]),
  ];
  return [...new Set(forms)].filter((form) => form.length >= shortestSecretPart);
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
