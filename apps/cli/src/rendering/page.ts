import type { Style } from './style.js';

/** What renderers need to know about where and when their text is read. */
export interface Page {
  style: Style;
  width: number;
  now: Date;
}

/** Blocks under each other, with an empty line between; empty ones are left out. */
export function blocks(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n');
}

/** Lines under each other; empty ones are left out. */
export function lines(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n');
}

export function section(title: string, body: string, { style }: Pick<Page, 'style'>): string {
  return body === '' ? '' : `${style.bold(title)}\n${body}`;
}

/** `key  value` lines, the values under each other. */
export function fields(entries: readonly (readonly [name: string, value: string | null | undefined])[]): string {
  const given = entries.filter((entry): entry is [string, string] => entry[1] != null && entry[1] !== '');
  const width = Math.max(0, ...given.map(([name]) => name.length));
  return given.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}
