import { DomainError } from '@fermata/contracts';
import type { TextArgs, TextPage } from './blob.model.js';

export const maxTextLimit = 262_144;

const isLowSurrogate = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/**
 * A piece of a text that never cuts a character in two.
 * @throws DomainError `invalid_input` for an offset or limit out of range
 */
export function textPage(text: string, { offset, limit }: TextArgs): TextPage {
  if (offset < 0 || limit < 2 || limit > maxTextLimit) {
    throw new DomainError('invalid_input', `offset must not be negative, and limit must be from 2 to ${maxTextLimit}`, {
      offset,
      limit,
    });
  }
  const end = Math.min(text.length, offset + limit);
  const whole = end < text.length && isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end;
  return { text: text.slice(offset, whole), offset, nextOffset: whole < text.length ? whole : null };
}
