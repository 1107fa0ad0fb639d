import type { JsonObject } from '@fermata/contracts';

/** A member that is an object; an empty one when it is anything else. */
export function objectAt(value: unknown, name: string): JsonObject {
  const member = memberOf(value, name);
  return isObject(member) ? member : {};
}

/** The members of a list that are objects; none when it is no list. */
export function objectsAt(value: unknown, name: string): JsonObject[] {
  const member = memberOf(value, name);
  return Array.isArray(member) ? member.filter(isObject) : [];
}

export function textAt(value: unknown, name: string): string | null {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : null;
}

/** A count; null when there is none. */
export function countAt(value: unknown, name: string): number | null {
  const member = memberOf(value, name);
  return typeof member === 'number' && Number.isSafeInteger(member) && member >= 0 ? member : null;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object without these members. */
export function leaveOut(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** The limit to send: what is asked for, cut to `most`; `most` when the wish is no count. */
export function cutTo(most: number, asked: number | null): number {
  return asked === null ? most : Math.min(asked, most);
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
