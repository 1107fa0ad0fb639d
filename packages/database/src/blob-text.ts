/** U+FDD0, a code point that Unicode keeps out of every text that is exchanged. */
const escape = '\uFDD0';
const unsafe = /\0|\p{Surrogate}|\uFDD0/gu;
const escaped = /\uFDD0([0-9a-f]{4})/g;

/**
 * Any JavaScript string as text that Postgres can hold, without loss: NUL, halves of surrogate pairs and U+FDD0
 * become U+FDD0 and the four hex digits of the code unit. All other text is stored as it is.
 */
export function encodeBlobText(text: string): string {
  return text.replace(unsafe, (unit) => escape + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The string that `encodeBlobText` was given. */
export function decodeBlobText(stored: string): string {
  return stored.replace(escaped, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
