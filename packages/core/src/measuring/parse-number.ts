import { excerpt, measureFailed } from './measure-failure.js';

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A decimal number, white space around it allowed. Thousands separators are refused: `1,234` is a thousand in one
 * country and about one in another.
 * @param where - what the text is, for the message
 * @throws DomainError `measure_failed` when it is none, or none that a number can hold
 */
export function parseNumber(text: string, where: string): number {
  const trimmed = text.trim();
  if (!decimal.test(trimmed)) throw measureFailed(`${where} is ${excerpt(trimmed)}, which is not a number`);
  return finite(Number(trimmed), where);
}

export function finite(value: number, where: string): number {
  if (Number.isFinite(value)) return value;
  throw measureFailed(`${where} is too large for a number`);
}
