/**
 * What a word's text is made of where it is not known before the command runs: characters of the private use area, which
 * a command line may not hold itself. They pass through everything that treats words as text, a second parsing included.
 */

/** Any text at all, slashes and `..` included; one word. */
export const anyText = '\uE000';
/** Any text without a slash, and not `..`: what a glob finds, a number. */
export const anyName = '\uE001';
/** Any number of words. */
export const anyWords = '\uE002';
/** Where a path begins that `mktemp` made: a fresh file or folder, whoever asked for it owns it. */
export const freshPath = '\uE003';

const marks = /[\uE000-\uE003]/;

/** True when nothing of the text depends on what happens when the command runs. */
export function isKnown(text: string): boolean {
  return !marks.test(text);
}

/** True when the text holds a part of which not even the shape is known. */
export function holdsAnything(text: string): boolean {
  return text.includes(anyText) || text.includes(anyWords);
}

export function holdsMarks(source: string): boolean {
  return marks.test(source);
}

/** As the text is when all that is not known of it is nothing: a variable that is not set. */
export function withoutUnknown(text: string): string {
  return holdsAnything(text) ? text.replace(/[\uE000\uE002]/g, '') : text;
}

/** For people. */
export function showMarked(text: string): string {
  return text
    .replace(/[\uE000\uE002]/g, '…')
    .replaceAll(anyName, '*')
    .replaceAll(freshPath, '(temporary)');
}

/** How an unquoted value comes out: split into words later, its globs replaced by what they find. */
export function asUnquoted(text: string): string {
  return text
    .replaceAll(anyText, anyWords)
    .replace(/\[[^\]\s/]{0,100}\]/g, anyName)
    .replace(/[*?]/g, anyName);
}
