import { type JsonObject, toFailure } from '@fermata/contracts';
import { harmless } from './clip.js';
import { createStyle } from './style.js';

/** What `--json` prints when a command ends with an error. */
export function toErrorDocument(error: unknown): { error: { code: string; message: string; details: JsonObject } } {
  const { code, message, details = {} } = toFailure(error);
  return { error: { code, message, details } };
}

export function renderError(error: unknown, { colours }: { colours: boolean }): string {
  return `${createStyle(colours).red('fermata:')} ${harmless(toFailure(error).message)}`;
}
