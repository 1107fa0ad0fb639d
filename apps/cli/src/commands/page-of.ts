import type { Context } from '../context.js';
import type { Page } from '../rendering/page.js';

/** The page that a verb's text is read on. */
export function pageOf({ style, width, now }: Context): Page {
  return { style, width, now: now() };
}
