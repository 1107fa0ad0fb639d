import { unescaped } from './known-output.js';
import { anyText, anyWords } from './marks.js';

/** A string literal in the code of some language. */
export interface CodeLiteral {
  text: string;
  /** It and the one before it are parts of one list or one call: only commas and brackets stand between. */
  continues: boolean;
  /** It is the first argument of a call that hands it to a shell. */
  isCommand: boolean;
}

const literal =
  /"""([\s\S]{0,20000}?)"""|'''([\s\S]{0,20000}?)'''|"((?:\\[\s\S]|[^"\\\n])*)"|'((?:\\[\s\S]|[^'\\\n])*)'|`((?:\\[\s\S]|[^`\\])*)`/g;
/** Perl's and Ruby's other quotes: `qw(rm -rf /)`, `%x{…}`. */
const quoteWords =
  /(?:%[qQwWxi]?|\bq[qwx]?)\s?(?:\(([^)]{0,500})\)|\{([^}]{0,500})\}|\[([^\]]{0,500})\]|<([^>]{0,500})>|[|!/]([^|!/]{0,500})[|!/])/g;
const toShell = /\b(os\.system|os\.popen|system|popen|execSync|shell_exec|passthru|os\.execute)\s*\(\s*$/;
const maxLiterals = 200;

/** Where a language puts values into a literal: `{name}`, `${…}`, `#{…}`, `%s`. */
const placeholders = /[#$]\{[^}]{0,80}\}|\{[\w.()[\]'" ]{0,80}\}|%[sdr]/g;

/**
 * The string literals of a piece of code, whatever its language: quotes are much the same everywhere. Parts that are
 * added together are put together; what is put in or added when it runs is marked.
 */
export function codeLiterals(code: string): CodeLiteral[] {
  const found: CodeLiteral[] = [];
  let end = 0;
  for (const match of code.matchAll(literal)) {
    const between = code.slice(end, match.index);
    end = match.index + match[0].length;
    const text = contentOf(match) + (isAddedTo(code.slice(end, end + 20)) ? anyWords : '');
    const last = found.at(-1);
    if (last !== undefined && isSum(between)) last.text = last.text.replace(anyWords, '') + text;
    else
      found.push({ text, isCommand: toShell.test(between.slice(-40)), continues: found.length > 0 && isList(between) });
    if (found.length >= maxLiterals) break;
  }
  const others = [...code.matchAll(quoteWords)].slice(0, maxLiterals);
  return [...found, ...others.map((match) => ({ text: contentOf(match), continues: false, isCommand: false }))];
}

function contentOf(match: RegExpExecArray): string {
  const content = match.slice(1).find((group) => group !== undefined) ?? '';
  return unescaped(content)
    .replace(/\\(['"`$])/g, '$1')
    .replace(placeholders, anyText);
}

const farthest = 200;

function isSum(between: string): boolean {
  return between.length < farthest && /^\s*([+.~]|\.\.|<>)?\s*$/.test(between);
}

function isList(between: string): boolean {
  return between.length < farthest && /^[\s,()[\]{}]*(\w+\s*[:=]\s*)?[\s,()[\]{}]*$/.test(between);
}

/** Something that is no literal is added: `'rm -rf ' + path`. */
function isAddedTo(after: string): boolean {
  return /^\s*(\+|\.\.|%(?!\w))\s*[\w$(]|^\s*\.\s*\$|^[ \t]+\$/.test(after);
}
