import { toUSVString } from 'node:util';

/** No half of a surrogate pair is in it: as UTF-8 it would silently become something else. */
export const isWellFormed = (text: string): boolean => toUSVString(text) === text;
