import { unescaped } from './known-output.js';

/** A string literal in the code of some language. */
export interface CodeLiteral {
  text: string;
  /** It and the one before it are parts of one list or one call: only commas and brackets stand between. */
  continues: boolean;
}

const literal =
  /"""([\s\S]{0,20000}?)"""|'''([\s\S]{0,20000}?)'''|"((?:\\[\s\S]|[^"\\\n])*)"|'((?:\\[\s\S]|[^'\\\n])*)'|`((?:\\[\s\S]|[^`\\])*)`/g;
/** Perl's and Ruby's other quotes: `qw(rm -rf /)`, `%x{…}`. */
const quoteWords =
  /(?:%[qQwWxi]?|\bq[qwx]?)\s?(?:\(([^)]{0,500})\)|\{([^}]{0,500})\}|\[([^\]]{0,500})\]|<([^>]{0,500})>|[|!/]([^|!/]{0,500})[|!/])/g;
const maxLiterals = 200;

/**
 * The string literals of a piece of code, whatever its language: quotes are much the same everywhere. Parts that are
 * added together are put together.
 */
export function codeLiterals(code: string): CodeLiteral[] {
  const found: CodeLiteral[] = [];
  let end = 0;
  for (const match of code.matchAll(literal)) {
    const between = code.slice(end, match.index);
    end = match.index + match[0].length;
    const text = unescaped(match.slice(1).find((group) => group !== undefined) ?? '').replace(/\\(['"`$])/g, '$1');
    const last = found.at(-1);
    const isNear = between.length < 200;
    if (last !== undefined && isNear && /^\s*([+.~]|\.\.|<>)?\s*$/.test(between)) last.text += text;
    else
      found.push({
        text,
        continues: found.length > 0 && isNear && /^[\s,()[\]{}]*(\w+\s*[:=]\s*)?[\s,()[\]{}]*$/.test(between),
      });
    if (found.length >= maxLiterals) break;
  }
  const others = [...code.matchAll(quoteWords)].slice(0, maxLiterals);
  const texts = others.map((match) => match.slice(1).find((group) => group !== undefined) ?? '');
  return [...found, ...texts.map((text) => ({ text, continues: false }))];
}
